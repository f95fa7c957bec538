// Makes a decision's changes so: gives each the next revision, applies it to the fleet in memory, and writes its log entry.

import type { Change, ChangeOf } from '../fleet/change.js';
import { type FilterFacts, filterFacts } from '../fleet/filter-facts.js';
import type { Fleet } from '../fleet/fleet.js';
import type { HostLoad, LogEntry } from '../ports/inventory.js';

/** Who makes a change, when, and in the course of what. */
export interface Origin {
  readonly at: Date;
  readonly cause: string;
  readonly principal: string;
}

export interface Recorded {
  readonly entries: readonly LogEntry[];
  /** Takes it all back when applied in this order. */
  readonly undo: readonly Change[];
  /** The entities as they were decided -> as they are now, with their revision. */
  readonly revised: ReadonlyMap<object, object>;
}

export function record(fleet: Fleet, changes: readonly Change[], origin: Origin): Recorded {
  const applied: Change[] = [];
  const undo: Change[] = [];
  const revised = new Map<object, object>();
  const apply = (change: Change): void => {
    fleet.revision += 1;
    const now = asCommitted(change, fleet.revision, change.cause ?? origin.cause);
    if (change.after !== undefined && now.after !== undefined) revised.set(change.after, now.after);
    undo.push(fleet.apply(now) as Change);
    applied.push(now);
  };
  const firstRevision = fleet.revision + 1;
  for (const change of changes) apply(change);
  for (const touched of touchedByClaims(fleet, changes, undo)) apply(touched);
  const entries = applied.map(
    (change, index) =>
      ({
        kind: change.kind,
        key: change.key,
        after: change.after,
        deleteReason: change.deleteReason,
        revision: firstRevision + index,
        load: loadAsOfNow(fleet, change),
        claims: change.kind === 'guest' && change.after !== undefined ? fleet.claimsOf(change.key) : undefined,
        was: movedFrom(change, undo[index] as Change),
        at: origin.at,
        cause: change.cause ?? origin.cause,
        principal: origin.principal,
      }) as LogEntry,
  );
  return { entries, undo: undo.reverse(), revised };
}

/** With its revision, and where the entity tells it, with what brought it about. */
function asCommitted(change: Change, revision: number, cause: string): Change {
  if (change.after === undefined) return change;
  const tellsCause = change.kind === 'guest' || change.kind === 'host';
  const after = tellsCause ? { ...change.after, revision, cause } : { ...change.after, revision };
  return { ...change, after } as Change;
}

/**
 * A claim moves what its host has left and what its guest holds, so both get an entry of their own: watchers of hosts
 * and of guests need not follow claims. What the decision changed itself has its entry already.
 */
function touchedByClaims(fleet: Fleet, changes: readonly Change[], undo: readonly Change[]): Change[] {
  const entered = new Set(changes.map(({ kind, key }) => `${kind}:${key}`));
  const touched: Change[] = [];
  const touch = (kind: 'host' | 'guest', key: string): void => {
    const entity = fleet.get(kind, key);
    if (entity === undefined || entered.has(`${kind}:${key}`)) return;
    entered.add(`${kind}:${key}`);
    touched.push({ kind, key, after: entity, deleteReason: undefined } as Change);
  };
  changes.forEach((change, index) => {
    if (change.kind !== 'claim') return;
    const before = undo[index] as ChangeOf<'claim'>;
    const claim = change.after ?? before.after;
    if (claim === undefined) return;
    touch('host', claim.hostname);
    if (claim.kind !== 'FOREIGN') touch('guest', claim.vmid);
  });
  return touched;
}

function loadAsOfNow(fleet: Fleet, change: Change): HostLoad | undefined {
  if (change.kind !== 'host' || change.after === undefined) return undefined;
  return { claimed: fleet.claimed(change.key), guests: fleet.guestsOn(change.key).length };
}

/** So that a watcher whose filter the entity has left can be told, also from the log. */
function movedFrom(now: Change, before: Change): FilterFacts | undefined {
  const was = filterFacts(before);
  if (was === undefined) return undefined;
  const is = filterFacts(now);
  return is !== undefined && sameFacts(was, is) ? undefined : was;
}

function sameFacts(a: FilterFacts, b: FilterFacts): boolean {
  return (Object.keys(a) as (keyof FilterFacts)[]).every((name) =>
    name === 'labels'
      ? a.labels === b.labels || JSON.stringify(a.labels) === JSON.stringify(b.labels)
      : a[name] === b[name],
  );
}

/** The result with each entity in it replaced by the one that has its revision. */
export function withRevisions<R>(result: R, revised: ReadonlyMap<object, object>): R {
  if (revised.size === 0) return result;
  return replaced(result, revised) as R;
}

function replaced(value: unknown, revised: ReadonlyMap<object, object>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entity = revised.get(value);
  if (entity !== undefined) return entity;
  if (Array.isArray(value)) return value.map((member) => replaced(member, revised));
  if (Object.getPrototypeOf(value) !== Object.prototype) return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, replaced(member, revised)]));
}
