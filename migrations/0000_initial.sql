CREATE TABLE "alert_events" (
	"alert_id" text NOT NULL,
	"seq" integer NOT NULL,
	"type" text NOT NULL,
	"at_ms" double precision NOT NULL,
	"actor" jsonb NOT NULL,
	"payload" jsonb NOT NULL,
	CONSTRAINT "alert_events_pkey" PRIMARY KEY("alert_id","seq")
);
--> statement-breakpoint
CREATE TABLE "alerts" (
	"id" text PRIMARY KEY NOT NULL,
	"ordinal" bigserial NOT NULL,
	"version" integer NOT NULL,
	"detected_at_ms" double precision NOT NULL,
	"severity" text NOT NULL,
	"category" text NOT NULL,
	"status" text NOT NULL,
	"environment" text NOT NULL,
	"affected_services" text[] NOT NULL,
	"state" jsonb NOT NULL,
	"updated_at_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "baselines" (
	"key" text PRIMARY KEY NOT NULL,
	"state" jsonb NOT NULL,
	"updated_at_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "claims" (
	"key" text PRIMARY KEY NOT NULL,
	"alert_id" text NOT NULL,
	"until_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "message_refs" (
	"alert_id" text NOT NULL,
	"notifier" text NOT NULL,
	"ref" jsonb NOT NULL,
	"updated_at_ms" double precision NOT NULL,
	CONSTRAINT "message_refs_pkey" PRIMARY KEY("alert_id","notifier")
);
--> statement-breakpoint
CREATE TABLE "outbox" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"alert_id" text NOT NULL,
	"lane" text NOT NULL,
	"kind" text NOT NULL,
	"text" text,
	"broadcast" boolean DEFAULT false NOT NULL,
	"created_at_ms" double precision NOT NULL,
	"next_at_ms" double precision NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"state" text DEFAULT 'pending' NOT NULL,
	"reason" text,
	"ended_at_ms" double precision
);
--> statement-breakpoint
CREATE TABLE "window_deltas" (
	"replica" text NOT NULL,
	"epoch_ms" double precision NOT NULL,
	"pane_start_ms" double precision NOT NULL,
	"version" bigint NOT NULL,
	"payload" jsonb NOT NULL,
	CONSTRAINT "window_deltas_pkey" PRIMARY KEY("replica","epoch_ms","pane_start_ms")
);
--> statement-breakpoint
ALTER TABLE "alert_events" ADD CONSTRAINT "alert_events_alert" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "message_refs" ADD CONSTRAINT "message_refs_alert" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "outbox" ADD CONSTRAINT "outbox_alert_id" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "alerts_recent" ON "alerts" USING btree ("detected_at_ms" DESC NULLS FIRST,"ordinal" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "alerts_severity" ON "alerts" USING btree ("severity","detected_at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "alerts_category" ON "alerts" USING btree ("category","detected_at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "alerts_status" ON "alerts" USING btree ("status","detected_at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "alerts_services" ON "alerts" USING gin ("affected_services");--> statement-breakpoint
CREATE INDEX "baselines_updated" ON "baselines" USING btree ("updated_at_ms");--> statement-breakpoint
CREATE INDEX "outbox_pending" ON "outbox" USING btree ("lane","alert_id","id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "outbox_alert" ON "outbox" USING btree ("alert_id");--> statement-breakpoint
CREATE INDEX "window_deltas_pane" ON "window_deltas" USING btree ("pane_start_ms");