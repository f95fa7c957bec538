// The fleet in memory: every entity, the indexes that decisions need, and what is computed from claims.
// Decisions read it through FleetView; only the authority (and a simulation of plans) applies changes to it.

import type { Change, ChangeOf, Entities, EntityKind } from './change.js';
import { type Claim, type ClaimTotal, totalAfter, totalOf } from './claim.js';
import { type ClusterPolicy, DEFAULT_CLUSTER_POLICY } from './cluster-policy.js';
import { type Guest, spaceOn } from './guest.js';
import { allocatable, type Host } from './host.js';
import { type HostRoom, HostRows, type HostTable } from './host-table.js';
import { isOpen, type Operation } from './operation.js';
import { type Resources, subtract } from './resources.js';
import type { Image } from './storage.js';

export interface FleetView {
  /** Revision of the last change applied; 0 for an empty fleet. */
  readonly revision: number;
  readonly policy: ClusterPolicy;
  get<K extends EntityKind>(kind: K, key: string): Entities[K] | undefined;
  all<K extends EntityKind>(kind: K): Iterable<Entities[K]>;
  count(kind: EntityKind): number;
  guestByUuid(uuid: string): Guest | undefined;
  /** A guest with an interface of that MAC address. */
  guestByMac(mac: string): Guest | undefined;
  /** Guests bound to the host. */
  guestsOn(hostname: string): readonly Guest[];
  /** Operations on the target that have not ended. */
  openOperationsOn(target: string): readonly Operation[];
  /** Claims on the host, of every kind. */
  claimsOn(hostname: string): readonly Claim[];
  /** Claims of the guest, on whatever hosts. */
  claimsOf(vmid: string): readonly Claim[];
  /** Sum of the claims on the host, plus the greatest retake of any one guest there. */
  claimed(hostname: string): Resources;
  /** The greatest retake of any one guest on the host: a part of claimed(), shared by all that could retake less. */
  greatestRetakeKib(hostname: string): number;
  /** Space that guests take of the pool, over all its hosts. */
  poolUsedKib(pool: string): number;
  /** Copies of a base image, by host; the only one of a SHARED pool is under the empty name. */
  imageCopies(pool: string, name: string): ReadonlyMap<string, Image>;
  /** allocatable - claimed; negative where the host was found over. */
  available(host: Host): Resources;
  /** All that a placement asks of a host's amounts, at once. */
  room(host: Host): HostRoom;
  /** The room of all hosts, for who looks at each. Good until the next change. */
  hostTable(): HostTable;
  /** Decides further as if changes had been made; before it returns they are taken back, and the fleet is as it was. */
  supposing<R>(work: (draft: FleetDraft) => R): R;
}

/** The fleet with changes that nobody has decided yet. */
export interface FleetDraft extends FleetView {
  /** Under the revisions that the changes will have if they are committed in this order, and nothing before them. */
  suppose(changes: readonly Change[]): void;
}

const NONE: ReadonlyMap<string, never> = new Map<string, never>();

/** Entities that belong together under another key, kept in step by apply(). */
class Index<T> {
  private readonly groups = new Map<string, Map<string, T>>();

  put(group: string, key: string, value: T): void {
    const members = this.groups.get(group);
    if (members === undefined) this.groups.set(group, new Map([[key, value]]));
    else members.set(key, value);
  }

  remove(group: string, key: string): void {
    const members = this.groups.get(group);
    members?.delete(key);
    if (members?.size === 0) this.groups.delete(group);
  }

  of(group: string): T[] {
    return [...this.members(group).values()];
  }

  members(group: string): ReadonlyMap<string, T> {
    return this.groups.get(group) ?? NONE;
  }
}

type Tables = { [K in EntityKind]: Map<string, Entities[K]> };

export class Fleet implements FleetDraft {
  revision = 0;
  private readonly tables: Tables = {
    host: new Map(),
    guest: new Map(),
    claim: new Map(),
    pool: new Map(),
    image: new Map(),
    template: new Map(),
    baseGuest: new Map(),
    operation: new Map(),
    policy: new Map(),
  };
  private readonly uuids = new Map<string, string>();
  private readonly guestsByMac = new Index<Guest>();
  private readonly guestsByHost = new Index<Guest>();
  private readonly claimsByHost = new Index<Claim>();
  private readonly claimsByGuest = new Index<Claim>();
  private readonly openOperations = new Index<Operation>();
  private readonly imagesByName = new Index<Image>();
  /** Memos of what is computed from a host's claims, brought up to date or dropped with each that changes. */
  private readonly totals = new Map<string, ClaimTotal>();
  private readonly rooms = new WeakMap<Host, HostRoom>();
  private readonly poolUse = new Map<string, number>();
  private readonly hostRows = new HostRows();
  /** What takes back the changes that are only supposed, oldest first. */
  private supposed: Change[] | undefined;

  get policy(): ClusterPolicy {
    return this.tables.policy.get('cluster') ?? DEFAULT_CLUSTER_POLICY;
  }

  get<K extends EntityKind>(kind: K, key: string): Entities[K] | undefined {
    return this.tables[kind].get(key);
  }

  all<K extends EntityKind>(kind: K): Iterable<Entities[K]> {
    return this.tables[kind].values();
  }

  count(kind: EntityKind): number {
    return this.tables[kind].size;
  }

  guestByUuid(uuid: string): Guest | undefined {
    const vmid = this.uuids.get(uuid);
    return vmid === undefined ? undefined : this.tables.guest.get(vmid);
  }

  guestByMac(mac: string): Guest | undefined {
    return this.guestsByMac.members(mac.toLowerCase()).values().next().value;
  }

  guestsOn(hostname: string): readonly Guest[] {
    return this.guestsByHost.of(hostname);
  }

  openOperationsOn(target: string): readonly Operation[] {
    return this.openOperations.of(target);
  }

  claimsOn(hostname: string): readonly Claim[] {
    return this.claimsByHost.of(hostname);
  }

  claimsOf(vmid: string): readonly Claim[] {
    return this.claimsByGuest.of(vmid);
  }

  claimed(hostname: string): Resources {
    return this.totalsOf(hostname).claimed;
  }

  greatestRetakeKib(hostname: string): number {
    return this.totalsOf(hostname).greatestRetakeKib;
  }

  available(host: Host): Resources {
    return this.room(host).available;
  }

  room(host: Host): HostRoom {
    const known = this.rooms.get(host);
    if (known !== undefined) return known;
    const { claimed, greatestRetakeKib } = this.totalsOf(host.hostname);
    const available = subtract(allocatable(host), claimed);
    const isOver = available.cpu < 0 || available.memoryKib < 0 || available.ioKib < 0;
    const room: HostRoom = { allocatable: allocatable(host), available, greatestRetakeKib, isOver };
    // Of a host as it might be nothing is kept: nobody would drop it when a claim changes.
    if (this.tables.host.get(host.hostname) === host) this.rooms.set(host, room);
    return room;
  }

  hostTable(): HostTable {
    this.hostRows.refresh(this.tables.host, (host) => this.room(host));
    return this.hostRows;
  }

  imageCopies(pool: string, name: string): ReadonlyMap<string, Image> {
    return this.imagesByName.members(`${pool}/${name}`);
  }

  poolUsedKib(pool: string): number {
    return this.poolUse.get(pool) ?? 0;
  }

  private totalsOf(hostname: string): ClaimTotal {
    const known = this.totals.get(hostname);
    if (known !== undefined) return known;
    const totals = totalOf(this.claimsByHost.members(hostname).values());
    this.totals.set(hostname, totals);
    return totals;
  }

  private claimChanged(hostname: string, before: Claim | undefined, after: Claim | undefined): void {
    const known = this.totals.get(hostname);
    const total = known && totalAfter(known, before, after);
    if (total === undefined) this.totals.delete(hostname);
    else this.totals.set(hostname, total);
    this.hostRows.claimsChanged(hostname);
    const host = this.tables.host.get(hostname);
    if (host !== undefined) this.rooms.delete(host);
  }

  /** Applies one change and answers the one that takes it back. */
  apply<K extends EntityKind>(change: ChangeOf<K>): ChangeOf<K> {
    const { kind, key, after } = change;
    const table: Map<string, Entities[K]> = this.tables[kind];
    const before = table.get(key);
    if (after === undefined) table.delete(key);
    else table.set(key, after);
    this.index({ kind, before, after } as IndexedChange);
    return { kind, key, after: before, deleteReason: undefined };
  }

  applyAll(changes: readonly Change[]): void {
    for (const change of changes) this.apply(change);
  }

  supposing<R>(work: (draft: FleetDraft) => R): R {
    const { revision, supposed } = this;
    this.supposed = [];
    try {
      return work(this);
    } finally {
      for (const undo of this.supposed.reverse()) this.apply(undo);
      this.supposed = supposed;
      this.revision = revision;
    }
  }

  suppose(changes: readonly Change[]): void {
    if (this.supposed === undefined) throw new Error('changes are supposed in supposing() only');
    for (const change of changes) this.supposed.push(this.apply(change) as Change);
    this.revision += changes.length;
  }

  private index({ kind, before, after }: IndexedChange): void {
    if (kind === 'guest') {
      if (before !== undefined) {
        this.uuids.delete(before.uuid);
        for (const { mac } of before.nics) this.guestsByMac.remove(mac.toLowerCase(), before.vmid);
        this.guestsByHost.remove(before.hostname, before.vmid);
        this.countPoolUse(before, -1);
      }
      if (after !== undefined) {
        this.uuids.set(after.uuid, after.vmid);
        for (const { mac } of after.nics) this.guestsByMac.put(mac.toLowerCase(), after.vmid, after);
        this.guestsByHost.put(after.hostname, after.vmid, after);
        this.countPoolUse(after, 1);
      }
    } else if (kind === 'claim') {
      if (before !== undefined) {
        this.claimsByHost.remove(before.hostname, before.vmid);
        this.claimsByGuest.remove(before.vmid, before.hostname);
        this.claimChanged(before.hostname, before, undefined);
      }
      if (after !== undefined) {
        this.claimsByHost.put(after.hostname, after.vmid, after);
        this.claimsByGuest.put(after.vmid, after.hostname, after);
        this.claimChanged(after.hostname, undefined, after);
      }
    } else if (kind === 'operation') {
      if (before !== undefined) this.openOperations.remove(before.target, before.name);
      if (after !== undefined && isOpen(after)) this.openOperations.put(after.target, after.name, after);
    } else if (kind === 'host') {
      if (before !== undefined) this.rooms.delete(before);
      if (after !== undefined) this.rooms.delete(after);
      this.hostRows.hostChanged(before, after);
    } else if (kind === 'pool') {
      this.hostRows.storageChanged();
    } else if (kind === 'image') {
      this.hostRows.storageChanged();
      if (before !== undefined) this.imagesByName.remove(`${before.pool}/${before.name}`, before.hostname);
      if (after !== undefined) this.imagesByName.put(`${after.pool}/${after.name}`, after.hostname, after);
    }
  }

  private countPoolUse(guest: Guest, sign: 1 | -1): void {
    for (const pool of new Set(guest.disks.map((disk) => disk.pool))) {
      this.poolUse.set(pool, this.poolUsedKib(pool) + sign * spaceOn(guest, pool));
    }
  }
}

type IndexedChange = {
  [K in EntityKind]: { kind: K; before: Entities[K] | undefined; after: Entities[K] | undefined };
}[EntityKind];
