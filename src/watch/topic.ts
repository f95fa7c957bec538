// What can be watched: guests and hosts. A topic says which log entries are its own, which of them pass a filter, and how
// they are encoded; it is given from outside, so that watch/ knows no wire format.

import type { DeleteReason } from '../fleet/change.js';
import { type FilterFacts, filterFacts } from '../fleet/filter-facts.js';
import type { FleetView } from '../fleet/fleet.js';
import type { LogEntry } from '../ports/inventory.js';

/** One event, before it is encoded. */
export type WatchEvent =
  | { readonly type: 'upserted'; readonly revision: number; readonly entry: LogEntry }
  | {
      readonly type: 'deleted';
      readonly revision: number;
      readonly entry: LogEntry;
      readonly reason: DeleteReason | 'LEFT_FILTER';
    }
  | { readonly type: 'synced' | 'progress'; readonly revision: number };

export interface Topic<F> {
  readonly kind: 'guest' | 'host';
  /** Equal filters have equal keys: their watchers share what was made for one of them. */
  keyOf(filter: F): string;
  passes(filter: F, key: string, facts: FilterFacts): boolean;
  /** An event as it stands in an answer. */
  encodeEvent(event: WatchEvent): Uint8Array;
  /** The answer with these events, as it goes over the wire. */
  encodeAnswer(events: readonly Uint8Array[], revision: number, batchEnd: boolean): Uint8Array;
}

/** The entry as the filter's watchers are told it; undefined if it does not concern them. */
export function eventOf<F>(topic: Topic<F>, filter: F, entry: LogEntry): WatchEvent | undefined {
  if (entry.kind !== topic.kind) return undefined;
  const { revision, key, was } = entry;
  const now = filterFacts(entry);
  if (now !== undefined && topic.passes(filter, key, now)) return { type: 'upserted', revision, entry };
  if (was === undefined || !topic.passes(filter, key, was)) return undefined;
  return {
    type: 'deleted',
    revision,
    entry,
    reason: now === undefined ? (entry.deleteReason ?? 'REMOVED') : 'LEFT_FILTER',
  };
}

/** The entities that pass now, each as the entry that would tell of it. */
export function initialEntries<F>(topic: Topic<F>, filter: F, fleet: FleetView): LogEntry[] {
  const entries: LogEntry[] = [];
  for (const after of fleet.all(topic.kind)) {
    const guest = 'vmid' in after;
    const key = guest ? after.vmid : after.hostname;
    const entry = {
      kind: topic.kind,
      key,
      after,
      deleteReason: undefined,
      revision: after.revision,
      load: guest ? undefined : { claimed: fleet.claimed(key), guests: fleet.guestsOn(key).length },
      claims: guest ? fleet.claimsOf(key) : undefined,
      was: undefined,
      at: after.createdAt,
      cause: after.cause,
      principal: '',
    } as LogEntry;
    const facts = filterFacts(entry);
    if (facts !== undefined && topic.passes(filter, key, facts)) entries.push(entry);
  }
  return entries;
}
