// What every host has left, as columns of numbers with one row a host, in the order of their names: what a decision walks
// over, where the hosts themselves would be looked up one by one. Computed from claims like everything else that is free, and
// computed again, for the rows concerned, when it is next asked for.

import type { Host } from './host.js';
import { RESOURCE_NAMES, type ResourceName, type Resources } from './resources.js';

/** How much a host can take. */
export interface HostRoom {
  readonly allocatable: Resources;
  /** allocatable - claimed. */
  readonly available: Resources;
  readonly greatestRetakeKib: number;
  /** Sold beyond its capacity, in whatever resource: it takes nothing. */
  readonly isOver: boolean;
}

export type Columns = { readonly [K in ResourceName]: Float64Array };

export interface HostTable {
  /** By name; the rows of all columns. */
  readonly hosts: readonly Host[];
  readonly available: Columns;
  /** How much of all that the host can sell one unit is; 0 where it has none. */
  readonly share: Columns;
  readonly greatestRetakeKib: Float64Array;
  /** Of a host of the fleet. */
  rowOf(host: Host): number;
  /** Another number once all that was worked out of rows is old: hosts came or went, or a pool or an image changed. */
  readonly epoch: number;
  /** Rows that were written since the epoch began, in that order: of those, what was worked out before is old. */
  readonly written: readonly number[];
}

export class HostRows implements HostTable {
  hosts: Host[] = [];
  available = columnsOf(0);
  share = columnsOf(0);
  greatestRetakeKib = new Float64Array(0);
  epoch = 0;
  written: number[] = [];
  private readonly rows = new Map<string, number>();
  /** Names of hosts whose row is old. */
  private readonly old = new Set<string>();
  /** A host came or went: the rows are others. */
  private allOld = false;

  rowOf({ hostname }: Host): number {
    const row = this.rows.get(hostname);
    if (row === undefined) throw new Error(`the fleet has no host ${hostname}`);
    return row;
  }

  hostChanged(before: Host | undefined, after: Host | undefined): void {
    if (before === undefined || after === undefined) this.allOld = true;
    else this.old.add(after.hostname);
  }

  claimsChanged(hostname: string): void {
    this.old.add(hostname);
  }

  storageChanged(): void {
    this.beginEpoch();
  }

  refresh(hosts: ReadonlyMap<string, Host>, room: (host: Host) => HostRoom): void {
    if (this.allOld) this.begin(hosts);
    // What is written down of so many changes is longer than the table.
    else if (this.written.length > this.hosts.length) this.beginEpoch();
    for (const hostname of this.old) {
      const row = this.rows.get(hostname);
      const host = hosts.get(hostname);
      // Claims may be on a host that is not there, while a decision's changes are applied one by one.
      if (row !== undefined && host !== undefined) this.write(row, host, room(host));
    }
    this.old.clear();
  }

  private begin(hosts: ReadonlyMap<string, Host>): void {
    this.hosts = [...hosts.values()].sort((a, b) => (a.hostname < b.hostname ? -1 : 1));
    this.available = columnsOf(hosts.size);
    this.share = columnsOf(hosts.size);
    this.greatestRetakeKib = new Float64Array(hosts.size);
    this.rows.clear();
    for (const [row, { hostname }] of this.hosts.entries()) {
      this.rows.set(hostname, row);
      this.old.add(hostname);
    }
    this.allOld = false;
    this.beginEpoch();
  }

  private beginEpoch(): void {
    this.epoch += 1;
    this.written = [];
  }

  private write(row: number, host: Host, { allocatable, available, greatestRetakeKib }: HostRoom): void {
    this.hosts[row] = host;
    for (const name of RESOURCE_NAMES) {
      this.available[name][row] = available[name];
      this.share[name][row] = allocatable[name] > 0 ? 1 / allocatable[name] : 0;
    }
    this.greatestRetakeKib[row] = greatestRetakeKib;
    this.written.push(row);
  }
}

function columnsOf(rows: number): Columns {
  return { cpu: new Float64Array(rows), memoryKib: new Float64Array(rows), ioKib: new Float64Array(rows) };
}
