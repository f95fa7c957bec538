UPDATE "hosts" SET "document" = "document" || '{"leftBehind":[]}' WHERE NOT "document" ? 'leftBehind';--> statement-breakpoint
UPDATE "guests" SET "document" = "document" || '{"priority":0,"restarts":null}' WHERE NOT "document" ? 'priority';--> statement-breakpoint
UPDATE "change_log" SET "after" = "after" || '{"leftBehind":[]}' WHERE "kind" = 'host' AND NOT "after" ? 'leftBehind';--> statement-breakpoint
UPDATE "change_log" SET "after" = "after" || '{"priority":0,"restarts":null}' WHERE "kind" = 'guest' AND NOT "after" ? 'priority';
