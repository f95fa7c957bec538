ALTER TABLE "request_ids" ADD COLUMN "revision" bigint DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX "request_ids_revision" ON "request_ids" USING btree ("revision");