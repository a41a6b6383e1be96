CREATE TABLE "collectives" (
	"id" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"destination" jsonb NOT NULL,
	"digest" jsonb,
	"state" text DEFAULT 'pending' NOT NULL,
	"ref" jsonb,
	"created_at_ms" double precision NOT NULL,
	"version" integer DEFAULT 1 NOT NULL,
	"shown_version" integer DEFAULT 0 NOT NULL,
	"next_at_ms" double precision NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"reason" text,
	"sending_since_ms" double precision
);
--> statement-breakpoint
CREATE TABLE "mutes" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"state" jsonb NOT NULL,
	"hidden" integer DEFAULT 0 NOT NULL,
	"ended" jsonb,
	"ended_at_ms" double precision
);
--> statement-breakpoint
CREATE TABLE "proposals" (
	"id" bigserial PRIMARY KEY NOT NULL,
	"state" jsonb NOT NULL,
	"at_ms" double precision NOT NULL,
	"status" text DEFAULT 'proposed' NOT NULL,
	"decided_by" text,
	"decided_at_ms" double precision,
	"mute_id" bigint
);
--> statement-breakpoint
CREATE TABLE "silences" (
	"key" text PRIMARY KEY NOT NULL,
	"environment" text NOT NULL,
	"service" text,
	"last_at_ms" double precision NOT NULL,
	"entry" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "storm_alerts" (
	"alert_id" text PRIMARY KEY NOT NULL,
	"ordinal" bigserial NOT NULL,
	"storm_id" text NOT NULL
);
--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "urgency" integer DEFAULT 2 NOT NULL;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "hook" text;--> statement-breakpoint
ALTER TABLE "outbox" ADD COLUMN "sending_since_ms" double precision;--> statement-breakpoint
ALTER TABLE "storm_alerts" ADD CONSTRAINT "storm_alerts_alert" FOREIGN KEY ("alert_id") REFERENCES "public"."alerts"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "storm_alerts" ADD CONSTRAINT "storm_alerts_collective" FOREIGN KEY ("storm_id") REFERENCES "public"."collectives"("id") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "collectives_pending" ON "collectives" USING btree ("next_at_ms") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "collectives_created" ON "collectives" USING btree ("created_at_ms");--> statement-breakpoint
CREATE INDEX "mutes_running" ON "mutes" USING btree ("id") WHERE ended is null;--> statement-breakpoint
CREATE INDEX "mutes_ended" ON "mutes" USING btree ("ended_at_ms");--> statement-breakpoint
CREATE INDEX "proposals_undecided" ON "proposals" USING btree ("id") WHERE status = 'proposed';--> statement-breakpoint
CREATE INDEX "proposals_at" ON "proposals" USING btree ("at_ms");--> statement-breakpoint
CREATE INDEX "silences_service" ON "silences" USING btree ("service","last_at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "silences_last" ON "silences" USING btree ("last_at_ms" DESC NULLS FIRST);--> statement-breakpoint
CREATE INDEX "storm_alerts_storm" ON "storm_alerts" USING btree ("storm_id");