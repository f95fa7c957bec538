// The database as somebody reads it who trusts nobody: every committed entry, in order, applied to a fleet of the oracle's
// own, and checked on the way.

import type { Change, ChangeOf } from '../../src/fleet/change.js';
import { claimKey } from '../../src/fleet/claim.js';
import { Fleet } from '../../src/fleet/fleet.js';
import type { Guest } from '../../src/fleet/guest.js';
import { allocatable, type Host } from '../../src/fleet/host.js';
import { isOpen } from '../../src/fleet/operation.js';
import { RESOURCE_NAMES, sameResources } from '../../src/fleet/resources.js';
import { decode } from '../../src/inventory/document.js';
import type { Batch, LogEntry } from '../../src/ports/inventory.js';
import type { World } from './world.js';

/** A change to a guest, as every watcher has to be told of it. */
export interface Told {
  readonly revision: number;
  readonly vmid: string;
  readonly hostname: string | undefined;
}

/** Who adopts takes what is there, whether or not it fits. */
export const ADOPTER = 'adopter';

export class Oracle {
  readonly fleet = new Fleet();
  /** Every change to a guest. */
  readonly told: Told[] = [];
  /** Every guest there ever was, by UUID. */
  readonly everyGuest = new Map<string, string>();
  /** Those that were removed. */
  readonly removed = new Set<string>();
  /** Told after each commit, once it was applied. */
  onChange: () => void = () => {};
  /** Hosts whose operators declared less than their guests hold, until it fits again. */
  readonly overByDecree = new Set<string>();
  private readonly requests = new Set<string>();

  constructor(private readonly world: World) {
    world.database.onCommit = (batch) => {
      this.checkLease(batch);
      this.noteRequests(batch);
      this.follow();
      this.onChange();
    };
  }

  /** A deposed leader writes nothing. */
  private checkLease({ id, epoch }: Batch): void {
    const { lease } = this.world.database;
    if (epoch !== lease.epoch) this.world.violate(`batch ${id} came in under epoch ${epoch}, ${lease.epoch} leads`);
  }

  /** A request is carried out once, whoever is asked, and however often. */
  private noteRequests({ id, requests }: Batch): void {
    for (const { principal, method, requestId } of requests) {
      const key = JSON.stringify([principal, method, requestId]);
      if (this.requests.has(key)) this.world.violate(`batch ${id} carries out request ${key} once more`);
      this.requests.add(key);
    }
  }

  nameOf(uuid: string | undefined): string {
    return uuid === undefined ? '-' : (this.everyGuest.get(uuid) ?? uuid.slice(0, 8));
  }

  /** Reads what was committed since the last time. */
  follow(): void {
    const { database } = this.world;
    if (this.fleet.revision === database.lastRevision) return;
    while (this.fleet.revision < database.lastRevision) {
      const entry = decode(database.entryAt(this.fleet.revision + 1) ?? 'null') as LogEntry | undefined;
      if (entry === undefined) throw new Error(`the log was compacted before revision ${this.fleet.revision} was read`);
      if (entry.revision !== this.fleet.revision + 1) {
        this.world.violate(`revision ${entry.revision} was committed after ${this.fleet.revision}`);
      }
      this.apply(entry);
    }
    this.checkBooks();
  }

  private apply(entry: LogEntry): void {
    const change: Change = entry;
    const before = change.kind === 'guest' ? this.fleet.get('guest', change.key) : undefined;
    this.note(entry);
    if (change.kind === 'claim') this.applyClaim(entry);
    else if (change.kind === 'host') this.applyHost(change);
    else this.fleet.apply(change);
    this.fleet.revision = entry.revision;
    if (change.kind === 'guest') this.noteGuest(entry, before, change.after);
  }

  private note(entry: LogEntry): void {
    const { kind, key, revision, cause } = entry;
    const change: Change = entry;
    let state = change.after === undefined ? `removed ${change.deleteReason}` : '';
    if (change.kind === 'guest' && change.after !== undefined) {
      const { hostname, observed, operation } = change.after;
      state = `${change.after.state} on ${hostname} ${operation} balloon ${observed?.balloonKib} ${change.after.stateReason}`;
    }
    if (change.kind === 'operation' && change.after !== undefined) {
      const { input, step, error } = change.after;
      if (!isOpen(change.after)) this.world.tally.count(`operation ${input.kind} ${change.after.state}`);
      state = `${input.kind} ${change.after.target} ${change.after.state} ${step} ${error?.reason ?? ''} ${error?.message ?? ''}`;
    }
    if (change.kind === 'host' && change.after !== undefined) {
      const { condition, adminState } = change.after;
      state = `${condition} ${adminState}`;
    }
    if (change.kind === 'claim' && change.after !== undefined) {
      const { resources, retakeKib } = change.after;
      state = `${change.after.kind} ${resources.cpu} vCPUs ${resources.memoryKib} KiB + ${retakeKib}`;
    }
    this.world.trace.note(`  ${revision} ${kind} ${key} ${state} (${cause})`);
  }

  private noteGuest({ revision, key }: LogEntry, before: Guest | undefined, after: Guest | undefined): void {
    this.told.push({ revision, vmid: key, hostname: after?.hostname });
    if (after !== undefined) this.everyGuest.set(after.uuid, after.vmid);
    if (after !== undefined && before !== undefined && after.cause === 'EXTERNAL') this.checkIsGone(before, after);
    if (after === undefined && before !== undefined) {
      this.removed.add(before.uuid);
      this.checkNothingLeft(before);
    }
  }

  /** Whoever says that a guest ended has seen that it did. */
  private checkIsGone(before: Guest, { vmid, uuid, hostname, state }: Guest): void {
    if (state === before.state || (state !== 'LOST' && state !== 'STOPPED')) return;
    if (this.world.datacenter.host(hostname).domains.get(uuid)?.machine !== undefined) {
      this.world.violate(`${vmid} is said to be ${state}, and has a domain on ${hostname}`);
    }
  }

  /** What a host that was dead has of a guest is cleared when it returns. */
  leftBehind(hostname: string, uuid: string): boolean {
    return this.fleet.get('host', hostname)?.leftBehind.some((one) => one.uuid === uuid) ?? false;
  }

  private checkNothingLeft({ uuid, vmid, disks }: Guest): void {
    if (!disks.some((disk) => disk.madeByVirtdc)) return;
    const { hosts, sharedPools } = this.world.datacenter;
    const local = [...hosts.values()].filter(({ name }) => !this.leftBehind(name, uuid));
    const pools = [...sharedPools.values(), ...local.flatMap((host) => [...host.pools.values()])];
    for (const pool of pools) {
      for (const volume of pool.volumes.keys()) {
        if (volume.includes(uuid)) this.world.violate(`${vmid} was removed, its volume ${volume} is there`);
      }
    }
  }

  private applyHost(change: ChangeOf<'host'>): void {
    const before = this.fleet.get('host', change.key);
    this.fleet.apply(change);
    const { after } = change;
    if (after === undefined || (before !== undefined && sameResources(allocatable(before), allocatable(after)))) return;
    if (this.fits(after)) this.overByDecree.delete(change.key);
    else this.overByDecree.add(change.key);
  }

  private fits(host: Host): boolean {
    const claimed = this.fleet.claimed(host.hostname);
    return RESOURCE_NAMES.every((name) => claimed[name] <= allocatable(host)[name]);
  }

  /** No decision sells more of a host than there is; what is only found there, or retaken, is no decision. */
  private applyClaim(entry: LogEntry): void {
    const change: Change = entry;
    if (change.kind !== 'claim') return;
    const before = this.fleet.get('claim', change.key);
    const hostname = change.after?.hostname ?? before?.hostname ?? '';
    const host = this.fleet.get('host', hostname);
    const was = this.fleet.claimed(hostname);
    this.fleet.apply(change);
    if (host !== undefined && this.fits(host)) this.overByDecree.delete(hostname);
    if (host === undefined || change.after === undefined) return;
    if (entry.cause === 'OBSERVED' || entry.principal === ADOPTER) return;
    const kept = (claim: typeof before) => (claim?.resources.memoryKib ?? 0) + (claim?.retakeKib ?? 0);
    const now = this.fleet.claimed(hostname);
    for (const name of RESOURCE_NAMES) {
      const retaken = name === 'memoryKib' && before !== undefined && kept(change.after) <= kept(before);
      if (now[name] > was[name] && now[name] > allocatable(host)[name] && !retaken) {
        this.world.violate(
          `${entry.cause} sells ${now[name]} ${name} of ${hostname}, ${allocatable(host)[name]} may be`,
        );
      }
    }
  }

  /** Every guest is in the books once, and a second time only where it is moving to. */
  private checkBooks(): void {
    const { fleet, world } = this;
    for (const guest of fleet.all('guest')) {
      const { vmid, hostname } = guest;
      if (fleet.get('claim', claimKey(hostname, vmid))?.kind !== 'GUEST') {
        world.violate(`${vmid} has no claim on its host ${hostname}`);
      }
      const operation = guest.operation === '' ? undefined : fleet.get('operation', guest.operation);
      if (guest.operation !== '' && (operation === undefined || !isOpen(operation))) {
        world.violate(`${vmid} is held by ${guest.operation}, which is not open`);
      }
    }
    for (const claim of fleet.all('claim')) {
      const guest = fleet.get('guest', claim.vmid);
      if (claim.kind === 'FOREIGN') {
        if (fleet.guestByUuid(claim.vmid) !== undefined)
          world.violate(`${claim.vmid} is claimed as foreign, and a guest`);
      } else if (guest === undefined) {
        world.violate(`${claim.vmid} holds ${claim.hostname}, and there is no such guest`);
      } else if (claim.kind === 'GUEST' && guest.hostname !== claim.hostname) {
        world.violate(`${claim.vmid} holds ${claim.hostname}, and belongs to ${guest.hostname}`);
      } else if (claim.kind === 'INCOMING' && !this.isMovingTo(claim.vmid, claim.hostname)) {
        world.violate(`${claim.vmid} holds ${claim.hostname} and is not moving there`);
      }
    }
  }

  private isMovingTo(vmid: string, hostname: string): boolean {
    for (const { input, target, ...operation } of this.fleet.all('operation')) {
      if (target !== vmid || input.kind !== 'MIGRATE_GUEST' || input.destHost !== hostname) continue;
      if (isOpen({ ...operation, input, target })) return true;
    }
    return false;
  }
}
