// Log entries and an authority that tells them, for tests of watches without a service.

import type { Authority } from '../../src/authority/authority.js';
import type { FilterFacts } from '../../src/fleet/filter-facts.js';
import type { FleetView } from '../../src/fleet/fleet.js';
import type { Guest } from '../../src/fleet/guest.js';
import { type Inventory, InventoryError, type LogEntry } from '../../src/ports/inventory.js';
import type { Topic } from '../../src/watch/topic.js';

/** An entry of a guest; of its host only what filters go by is looked at. */
export function entryOf(revision: number, vmid: string, hostname = 'a', labels: Guest['labels'] = {}): LogEntry {
  const after = { vmid, hostname, state: 'RUNNING', labels, baseGuest: '', uuid: '', revision };
  const plain = { deleteReason: undefined, load: undefined, claims: [], was: undefined, at: new Date(0) };
  return { kind: 'guest', key: vmid, after, revision, ...plain, cause: '', principal: '' } as unknown as LogEntry;
}

export interface ReadAnswer {
  readonly events: readonly string[];
  readonly revision: number;
  readonly batchEnd: boolean;
}

/** Filtered by the host's name; empty: all. Events are texts such as `upserted one @7`. */
export const TEXTS: Topic<string> = {
  kind: 'guest',
  keyOf: (filter) => filter,
  passes: (filter: string, _key: string, { hostname }: FilterFacts) => filter === '' || filter === hostname,
  encodeEvent: (event) => Buffer.from(`${event.type} ${'entry' in event ? event.entry.key : ''} @${event.revision}`),
  encodeAnswer: (events, revision, batchEnd) =>
    Buffer.from(JSON.stringify({ events: events.map((event) => Buffer.from(event).toString()), revision, batchEnd })),
};

export function read(answer: Uint8Array | undefined): ReadAnswer | undefined {
  return answer && (JSON.parse(Buffer.from(answer).toString()) as ReadAnswer);
}

/** A log that grows by commits, whoever asks for it; it counts how often. */
export class Log {
  readonly entries: LogEntry[] = [];
  /** Up to here it is compacted. */
  oldestRevision = 0;
  reads = 0;
  logReads = 0;
  private readonly listeners = new Set<(entries: readonly LogEntry[]) => void>();

  get revision(): number {
    return this.entries.at(-1)?.revision ?? 0;
  }

  commit(...entries: readonly LogEntry[]): void {
    this.entries.push(...entries);
    for (const listener of this.listeners) listener(entries);
  }

  /** So many changes of so many guests, in one commit. */
  commitMany(count: number): void {
    this.commit(
      ...Array.from({ length: count }, (_, index) => entryOf(this.revision + 1 + index, `guest${index % 7}`)),
    );
  }

  readonly inventory: Pick<Inventory, 'readLog' | 'logBounds'> = {
    readLog: async (after, limit) => {
      this.logReads++;
      if (after < this.oldestRevision) throw new InventoryError('COMPACTED', 'gone');
      return this.entries.filter(({ revision }) => revision > after).slice(0, limit);
    },
    logBounds: async () => ({ oldestRevision: this.oldestRevision, lastRevision: this.revision }),
  };

  readonly authority: Authority = Object.defineProperty(
    {
      leads: true,
      read: async (query: (fleet: FleetView) => unknown) => {
        this.reads++;
        const guests = new Map(this.entries.map(({ key, after }) => [key, after]));
        const fleet = { all: () => guests.values(), claimsOf: () => [] } as unknown as FleetView;
        return { value: query(fleet), revision: this.revision };
      },
      onCommit: (listener: (entries: readonly LogEntry[]) => void) => {
        this.listeners.add(listener);
        return () => this.listeners.delete(listener);
      },
      onReload: () => () => undefined,
    } as unknown as Authority,
    'revision',
    { get: () => this.revision },
  );
}
