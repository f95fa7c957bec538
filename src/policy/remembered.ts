// What was worked out of each host, remembered from one decision to the next by what it was worked out for: only rows of the
// table of hosts that were written since are looked at again.

import type { HostTable } from '../fleet/host-table.js';

interface Known<R> {
  readonly worked: R;
  readonly epoch: number;
  /** How many of the table's written rows it has seen. */
  seen: number;
}

export interface Work<R> {
  /** For a table of so many rows, none of them worked out. */
  begin(rows: number): R;
  /** Works a row out, for the first time or again. */
  workOut(into: R, row: number): void;
}

export class Remembered<R> {
  /** By what it was worked out for; what was used longest ago comes first. */
  private readonly tables = new WeakMap<HostTable, Map<string, Known<R>>>();

  /** `most`: keys remembered of a table. */
  constructor(private readonly most: number) {}

  /** Up to date; good until the fleet changes. */
  of(table: HostTable, key: string, work: Work<R>): R {
    const known = this.tables.get(table) ?? new Map<string, Known<R>>();
    this.tables.set(table, known);
    const old = known.get(key);
    const now = old?.epoch === table.epoch ? upToDate(old, table, work) : afresh(table, work);
    known.delete(key);
    known.set(key, now);
    const [oldest] = known.keys();
    if (known.size > this.most && oldest !== undefined) known.delete(oldest);
    return now.worked;
  }
}

/** Worked out for this once. */
export function once<R>({ hosts }: HostTable, work: Work<R>): R {
  const worked = work.begin(hosts.length);
  for (let row = 0; row < hosts.length; row++) work.workOut(worked, row);
  return worked;
}

function afresh<R>(table: HostTable, work: Work<R>): Known<R> {
  return { worked: once(table, work), epoch: table.epoch, seen: table.written.length };
}

function upToDate<R>(known: Known<R>, { written }: HostTable, work: Work<R>): Known<R> {
  for (; known.seen < written.length; known.seen++) work.workOut(known.worked, written[known.seen] as number);
  return known;
}
