CREATE TABLE "ai_spending" (
	"period" text PRIMARY KEY NOT NULL,
	"spent_usd" double precision NOT NULL,
	"reserved_usd" double precision NOT NULL
);
--> statement-breakpoint
CREATE TABLE "changes" (
	"id" text PRIMARY KEY NOT NULL,
	"at_ms" double precision NOT NULL,
	"change" jsonb NOT NULL
);
--> statement-breakpoint
CREATE INDEX "changes_at" ON "changes" USING btree ("at_ms");