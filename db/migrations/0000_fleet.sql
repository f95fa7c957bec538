CREATE TABLE "base_guests" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"name" text GENERATED ALWAYS AS (document ->> 'name') STORED,
	"template" text GENERATED ALWAYS AS (document ->> 'template') STORED,
	"machine_type" text GENERATED ALWAYS AS (document ->> 'machineType') STORED,
	"created_at" text GENERATED ALWAYS AS (document -> 'createdAt' ->> '$date') STORED
);
--> statement-breakpoint
CREATE TABLE "batches" (
	"id" uuid PRIMARY KEY NOT NULL,
	"epoch" bigint NOT NULL,
	"last_revision" bigint NOT NULL,
	"committed_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "change_log" (
	"revision" bigint PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"key" text NOT NULL,
	"after" jsonb,
	"delete_reason" text,
	"context" json NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	"cause" text NOT NULL,
	"principal" text NOT NULL
);
--> statement-breakpoint
CREATE TABLE "claims" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"hostname" text GENERATED ALWAYS AS (document ->> 'hostname') STORED,
	"vmid" text GENERATED ALWAYS AS (document ->> 'vmid') STORED,
	"kind" text GENERATED ALWAYS AS (document ->> 'kind') STORED,
	"cpu" integer GENERATED ALWAYS AS ((document -> 'resources' ->> 'cpu')::integer) STORED,
	"memory_kib" bigint GENERATED ALWAYS AS ((document -> 'resources' ->> 'memoryKib')::bigint) STORED,
	"io_kib" bigint GENERATED ALWAYS AS ((document -> 'resources' ->> 'ioKib')::bigint) STORED,
	"retake_kib" bigint GENERATED ALWAYS AS ((document ->> 'retakeKib')::bigint) STORED,
	CONSTRAINT "claims_not_negative" CHECK ("claims"."cpu" >= 0 and "claims"."memory_kib" >= 0 and "claims"."io_kib" >= 0 and "claims"."retake_kib" >= 0)
);
--> statement-breakpoint
CREATE TABLE "cluster_policy" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"strategy" text GENERATED ALWAYS AS (document ->> 'strategy') STORED
);
--> statement-breakpoint
CREATE TABLE "guests" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"vmid" text GENERATED ALWAYS AS (document ->> 'vmid') STORED,
	"uuid" text GENERATED ALWAYS AS (document ->> 'uuid') STORED,
	"domain_name" text GENERATED ALWAYS AS (document ->> 'domainName') STORED,
	"hostname" text GENERATED ALWAYS AS (document ->> 'hostname') STORED,
	"state" text GENERATED ALWAYS AS (document ->> 'state') STORED,
	"state_reason" text GENERATED ALWAYS AS (document ->> 'stateReason') STORED,
	"current_cpu" integer GENERATED ALWAYS AS ((document ->> 'currentCpu')::integer) STORED,
	"max_cpu" integer GENERATED ALWAYS AS ((document ->> 'maxCpu')::integer) STORED,
	"current_memory_kib" bigint GENERATED ALWAYS AS ((document ->> 'currentMemoryKib')::bigint) STORED,
	"max_memory_kib" bigint GENERATED ALWAYS AS ((document ->> 'maxMemoryKib')::bigint) STORED,
	"io_kib" bigint GENERATED ALWAYS AS ((document ->> 'ioKib')::bigint) STORED,
	"base_guest" text GENERATED ALWAYS AS (document ->> 'baseGuest') STORED,
	"operation" text GENERATED ALWAYS AS (document ->> 'operation') STORED,
	"created_by" text GENERATED ALWAYS AS (document ->> 'createdBy') STORED,
	"created_at" text GENERATED ALWAYS AS (document -> 'createdAt' ->> '$date') STORED
);
--> statement-breakpoint
CREATE TABLE "hosts" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"hostname" text GENERATED ALWAYS AS (document ->> 'hostname') STORED,
	"ip_address" text GENERATED ALWAYS AS (document ->> 'ipAddress') STORED,
	"uri" text GENERATED ALWAYS AS (document ->> 'uri') STORED,
	"admin_state" text GENERATED ALWAYS AS (document ->> 'adminState') STORED,
	"condition" text GENERATED ALWAYS AS (document ->> 'condition') STORED,
	"zone" text GENERATED ALWAYS AS (document ->> 'zone') STORED,
	"max_cpu" integer GENERATED ALWAYS AS ((document -> 'capacity' ->> 'cpu')::integer) STORED,
	"max_memory_kib" bigint GENERATED ALWAYS AS ((document -> 'capacity' ->> 'memoryKib')::bigint) STORED,
	"max_io_kib" bigint GENERATED ALWAYS AS ((document -> 'capacity' ->> 'ioKib')::bigint) STORED
);
--> statement-breakpoint
CREATE TABLE "images" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"pool" text GENERATED ALWAYS AS (document ->> 'pool') STORED,
	"hostname" text GENERATED ALWAYS AS (document ->> 'hostname') STORED,
	"name" text GENERATED ALWAYS AS (document ->> 'name') STORED,
	"format" text GENERATED ALWAYS AS (document ->> 'format') STORED,
	"size_bytes" bigint GENERATED ALWAYS AS ((document ->> 'sizeBytes')::bigint) STORED,
	"sha256" text GENERATED ALWAYS AS (document ->> 'sha256') STORED
);
--> statement-breakpoint
CREATE TABLE "lease" (
	"id" integer PRIMARY KEY NOT NULL,
	"holder" text NOT NULL,
	"address" text NOT NULL,
	"epoch" bigint NOT NULL,
	"expires_at" timestamp with time zone NOT NULL,
	"last_revision" bigint NOT NULL,
	CONSTRAINT "lease_is_one" CHECK ("lease"."id" = 1)
);
--> statement-breakpoint
CREATE TABLE "operations" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"name" text GENERATED ALWAYS AS (document ->> 'name') STORED,
	"kind" text GENERATED ALWAYS AS (document -> 'input' ->> 'kind') STORED,
	"target" text GENERATED ALWAYS AS (document ->> 'target') STORED,
	"parent" text GENERATED ALWAYS AS (document ->> 'parent') STORED,
	"principal" text GENERATED ALWAYS AS (document ->> 'principal') STORED,
	"state" text GENERATED ALWAYS AS (document ->> 'state') STORED,
	"step" text GENERATED ALWAYS AS (document ->> 'step') STORED,
	"error_reason" text GENERATED ALWAYS AS (document -> 'error' ->> 'reason') STORED,
	"error_message" text GENERATED ALWAYS AS (document -> 'error' ->> 'message') STORED,
	"created_at" text GENERATED ALWAYS AS (document -> 'createdAt' ->> '$date') STORED,
	"ended_at" text GENERATED ALWAYS AS (document -> 'endedAt' ->> '$date') STORED
);
--> statement-breakpoint
CREATE TABLE "pools" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED,
	"name" text GENERATED ALWAYS AS (document ->> 'name') STORED,
	"kind" text GENERATED ALWAYS AS (document ->> 'kind') STORED,
	"locking" boolean GENERATED ALWAYS AS ((document ->> 'locking')::boolean) STORED,
	"capacity_kib" bigint GENERATED ALWAYS AS ((document ->> 'capacityKib')::bigint) STORED,
	"exported_by" text GENERATED ALWAYS AS (document ->> 'exportedBy') STORED
);
--> statement-breakpoint
CREATE TABLE "request_ids" (
	"principal" text NOT NULL,
	"method" text NOT NULL,
	"request_id" text NOT NULL,
	"payload_hash" text NOT NULL,
	"answer" json NOT NULL,
	"at" timestamp (3) with time zone NOT NULL,
	CONSTRAINT "request_ids_principal_method_request_id_pk" PRIMARY KEY("principal","method","request_id")
);
--> statement-breakpoint
CREATE TABLE "templates" (
	"key" text PRIMARY KEY NOT NULL,
	"document" jsonb NOT NULL,
	"revision" bigint GENERATED ALWAYS AS ((document ->> 'revision')::bigint) STORED
);
