CREATE TABLE "ai_reservations" (
	"id" text PRIMARY KEY NOT NULL,
	"day" text NOT NULL,
	"usd" double precision NOT NULL,
	"expires_at_ms" double precision NOT NULL
);
--> statement-breakpoint
CREATE INDEX "ai_reservations_expires" ON "ai_reservations" USING btree ("expires_at_ms");--> statement-breakpoint
ALTER TABLE "ai_spending" DROP COLUMN "reserved_usd";