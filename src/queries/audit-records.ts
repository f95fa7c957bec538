// The audit log in pages, newest first. It is read from the inventory: nothing of it is in the fleet.

import { invalidFields, isRefusal, type Refusal } from '../fleet/refusal.js';
import type { AuditEntry, AuditQuery, Inventory } from '../ports/inventory.js';
import { filterKey } from './filters.js';
import { lastKeyOf, type Page, type PageRequest, tokenOf } from './page.js';

export type AuditFilter = Pick<AuditQuery, 'principals' | 'methods' | 'decisions' | 'since'>;

export async function listAuditRecords(
  log: Pick<Inventory, 'readAudit'>,
  filter: AuditFilter,
  { size, token }: PageRequest,
): Promise<Page<AuditEntry> | Refusal> {
  const list = `audit ${filterKey(filter)}`;
  const before = sequenceIn(token, list);
  if (isRefusal(before)) return before;
  // One more than asked for tells whether there is another page.
  const found = await log.readAudit({ ...filter, before: before.sequence, limit: size + 1 });
  const items = found.slice(0, size);
  const last = items.at(-1);
  const nextToken = found.length > size && last !== undefined ? tokenOf(String(last.sequence), list) : '';
  return { items, nextToken };
}

function sequenceIn(token: string, list: string): { readonly sequence: number | undefined } | Refusal {
  if (token === '') return { sequence: undefined };
  const sequence = Number(lastKeyOf(token, list));
  if (Number.isSafeInteger(sequence)) return { sequence };
  return invalidFields([{ field: 'page_token', description: 'is no token of this list with this filter' }]);
}
