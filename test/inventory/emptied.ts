// Empties a database between tests, which is far faster than making another one.

export const EMPTY = `truncate audit_log, base_guests, batches, change_log, claims, cluster_policy, guests, hosts, images, lease,
  operations, pools, request_ids, templates`;
