// What the tests of the authority share: one on virtual time over an inventory in memory, and commands to give it.

import assert from 'node:assert/strict';
import pino from 'pino';
import type { Answer, Caller, RunningAuthority } from '../../src/authority/authority.js';
import { seededIds } from '../../src/authority/ids.js';
import { type AuthorityParts, createAuthority } from '../../src/authority/leader.js';
import { VirtualClock } from '../../src/clock/virtual.js';
import { put } from '../../src/fleet/change.js';
import { accept, type Command, refuse } from '../../src/fleet/decision.js';
import type { FleetView } from '../../src/fleet/fleet.js';
import { refusal } from '../../src/fleet/refusal.js';
import type { Pool } from '../../src/fleet/storage.js';
import { type Interference, type InventoryCall, MemoryDatabase } from '../../src/inventory/memory.js';
import type { LogEntry } from '../../src/ports/inventory.js';

export const CALLER: Caller = { principal: 'local', method: 'test' };

export function poolOf(name: string, capacityKib = 0): Pool {
  return { name, kind: 'LOCAL', locking: false, hosts: [], capacityKib, exportedBy: '', revision: 0 };
}

/** Makes a pool, or refuses if there is one of that name. */
export function addPool(name: string): Command<{ pool: Pool; at: Date }> {
  return {
    name: 'add-pool',
    decide(fleet, { now }) {
      if (fleet.get('pool', name) !== undefined) return refuse(refusal('POOL_EXISTS', `${name} exists`, { name }));
      const pool = poolOf(name);
      return accept({ pool, at: now }, [put('pool', pool)]);
    },
  };
}

export interface Stage {
  readonly clock: VirtualClock;
  readonly database: MemoryDatabase;
  readonly authority: RunningAuthority;
  /** All that listeners were told, in order. */
  readonly told: LogEntry[];
  /** How often each call was made. */
  readonly calls: Map<InventoryCall, number>;
  /** What befalls the next calls of that name, in order. */
  befall(call: InventoryCall, ...interferences: (Interference | undefined)[]): void;
}

/** An authority that is not leading yet. */
export function stage(
  holder = 'one',
  database = new MemoryDatabase(new VirtualClock()),
  more: Partial<AuthorityParts> = {},
): Stage {
  const clock = database.clock as VirtualClock;
  const planned = new Map<InventoryCall, (Interference | undefined)[]>();
  const calls = new Map<InventoryCall, number>();
  const inventory = database.connect((call) => {
    calls.set(call, (calls.get(call) ?? 0) + 1);
    return planned.get(call)?.shift();
  });
  const authority = createAuthority({
    inventory,
    clock,
    ids: seededIds(holder.length),
    log: pino({ enabled: false }),
    holder,
    address: `${holder}:1`,
    ...more,
  });
  const told: LogEntry[] = [];
  authority.onCommit((entries) => told.push(...entries));
  const befall: Stage['befall'] = (call, ...interferences) => {
    planned.set(call, [...(planned.get(call) ?? []), ...interferences]);
  };
  return { clock, database, authority, told, calls, befall };
}

export async function leadingStage(...args: Parameters<typeof stage>): Promise<Stage> {
  const made = stage(...args);
  await made.clock.until(made.authority.leading());
  return made;
}

export function accepted<R>(answer: Answer<R>): R {
  assert.ok(answer.accepted, `refused: ${JSON.stringify(answer)}`);
  return answer.result;
}

/** All that a decision can see of a fleet, as plain data; equal for equal fleets. */
export function contentsOf(fleet: FleetView): unknown {
  const kinds = ['host', 'guest', 'claim', 'pool', 'image', 'template', 'baseGuest', 'operation', 'policy'] as const;
  const byKey = (a: object, b: object) => JSON.stringify(a).localeCompare(JSON.stringify(b));
  const tables = kinds.map((kind) => [kind, [...fleet.all(kind)].sort(byKey)]);
  const hosts = [...fleet.all('host')].map(({ hostname }) => hostname).sort();
  const byHost = hosts.map((hostname) => ({
    hostname,
    claimed: fleet.claimed(hostname),
    greatestRetakeKib: fleet.greatestRetakeKib(hostname),
    guests: fleet.guestsOn(hostname).toSorted(byKey),
    claims: fleet.claimsOn(hostname).toSorted(byKey),
  }));
  const byGuest = [...fleet.all('guest')].sort(byKey).map((guest) => ({
    claims: fleet.claimsOf(guest.vmid).toSorted(byKey),
    byUuid: fleet.guestByUuid(guest.uuid)?.vmid,
    byMac: guest.nics.map(({ mac }) => fleet.guestByMac(mac) !== undefined),
  }));
  const pools = ['', ...[...fleet.all('pool')].map(({ name }) => name)].sort();
  const byPool = pools.map((pool) => ({ pool, usedKib: fleet.poolUsedKib(pool) }));
  return { revision: fleet.revision, tables, byHost, byGuest, byPool };
}

export async function unavailable(promise: Promise<unknown>): Promise<void> {
  await assert.rejects(promise, { name: 'UnavailableError' });
}
