CREATE TABLE "learned_seen" (
	"series_key" text NOT NULL,
	"layer" integer NOT NULL,
	"keys" integer NOT NULL,
	"bits" text NOT NULL,
	CONSTRAINT "learned_seen_pkey" PRIMARY KEY("series_key","layer")
);
--> statement-breakpoint
CREATE TABLE "learned_series" (
	"key" text PRIMARY KEY NOT NULL,
	"version" integer NOT NULL,
	"last_seen_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "learned_templates" (
	"series_key" text NOT NULL,
	"template_id" text NOT NULL,
	"state" jsonb NOT NULL,
	CONSTRAINT "learned_templates_pkey" PRIMARY KEY("series_key","template_id")
);
--> statement-breakpoint
ALTER TABLE "learned_seen" ADD CONSTRAINT "learned_seen_series" FOREIGN KEY ("series_key") REFERENCES "public"."learned_series"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "learned_templates" ADD CONSTRAINT "learned_templates_series" FOREIGN KEY ("series_key") REFERENCES "public"."learned_series"("key") ON DELETE cascade ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "learned_series_seen" ON "learned_series" USING btree ("last_seen_ms" DESC NULLS FIRST);