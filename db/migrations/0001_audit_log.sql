CREATE TABLE "audit_log" (
	"sequence" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "audit_log_sequence_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"at" timestamp (3) with time zone NOT NULL,
	"principal" text NOT NULL,
	"role" text NOT NULL,
	"method" text NOT NULL,
	"target" text NOT NULL,
	"request_id" text NOT NULL,
	"decision" text NOT NULL,
	"reason" text NOT NULL,
	"revision" bigint NOT NULL,
	"operation" text NOT NULL
);
--> statement-breakpoint
CREATE INDEX "audit_log_at" ON "audit_log" USING brin ("at");