// ListAuditRecords: pages of the audit log.

import {
  AuditDecision,
  type AuditRecordFilter,
  type AuditRecord as AuditRecordMessage,
} from '#gen/virtdc/v1/audit_record.js';
import type { ListAuditRecordsRequest, ListAuditRecordsResponse } from '#gen/virtdc/v1/operations_service.js';
import { UnavailableError } from '../authority/authority.js';
import { isRefusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { AUDIT_DECISIONS, type AuditEntry, InventoryError } from '../ports/inventory.js';
import { type AuditFilter, listAuditRecords } from '../queries/audit-records.js';
import { Check } from './check.js';
import { FilterReader, readPage } from './filters.js';
import type { RpcParts } from './parts.js';
import { refusalError } from './status.js';

const END_OF_9999_S = 253_402_300_799;

export async function auditRecords(
  { auditLog }: Pick<RpcParts, 'auditLog'>,
  request: ListAuditRecordsRequest,
): Promise<ListAuditRecordsResponse> {
  const check = new Check();
  const filter = readFilter(check, request.filter);
  const page = readPage(check, request);
  check.done();
  const answer = await listAuditRecords(auditLog, filter, page).catch((error: unknown) => {
    if (!(error instanceof InventoryError)) throw error;
    throw new UnavailableError('the audit log cannot be read now', { cause: error });
  });
  if (isRefusal(answer)) throw refusalError(answer, 0);
  return { records: answer.items.map(toAuditRecord), nextPageToken: answer.nextToken };
}

function readFilter(check: Check, filter: AuditRecordFilter | undefined): AuditFilter {
  const texts = (field: string, values: readonly string[] = []) =>
    check.list(field, values, LIMITS.maxFilterEntries, (one, value) =>
      check.printable(one, value, LIMITS.maxLoggedChars),
    );
  const decisions = new FilterReader(check).enums(
    'filter.decisions',
    'AUDIT_DECISION',
    filter?.decisions,
    AUDIT_DECISIONS,
  );
  const sinceS = check.amount('filter.since_unix_s', filter?.sinceUnixS ?? 0n, 0, END_OF_9999_S);
  return {
    principals: texts('filter.principals', filter?.principals),
    methods: texts('filter.methods', filter?.methods),
    decisions: [...decisions],
    since: sinceS === 0 ? undefined : new Date(sinceS * 1_000),
  };
}

function toAuditRecord({ at, sequence, decision, revision, ...texts }: AuditEntry): AuditRecordMessage {
  return {
    ...texts,
    sequence: BigInt(sequence),
    time: at,
    decision: AuditDecision[decision],
    revision: BigInt(revision),
  };
}
