// RESTART_GUEST: a guest that was lost runs again, from its disks as they are. Before it is started every host that answers
// has said that it does not have it: somebody may have moved it by hand.

import { put } from '../fleet/change.js';
import type { Guest, GuestDisk } from '../fleet/guest.js';
import { LIMITS } from '../limits.js';
import { type HostDriver, HypervisorError, isActive, type ObservedDomain } from '../ports/hypervisor.js';
import { startDomain, stopStart, verifyRunningStep } from './create-guest.js';
import { makeDisk } from './disks.js';
import { letGo, letGuestGo } from './guest-changes.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

const lookAroundStep: Step = {
  name: 'look-around',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const { uuid, vmid, hostname: own } = act.guest();
    const others = [...act.fleet.all('host')].filter((host) => host.condition === 'READY' && host.hostname !== own);
    for (let from = 0; from < others.length; from += LIMITS.hostsAskedAtOnce) {
      const asked = others.slice(from, from + LIMITS.hostsAskedAtOnce);
      const seen = await Promise.all(asked.map(({ hostname }) => runsThere(act.driver(hostname), uuid)));
      const found = seen.findIndex(Boolean);
      const hostname = asked[found]?.hostname;
      if (hostname !== undefined) {
        throw new StepFailure('GUEST_ELSEWHERE', `${vmid} was lost on ${own}, and is on ${hostname}`, {
          vmid,
          hostname,
        });
      }
    }
  },
};

/** One that falls silent just now has nothing that virtdc put there. */
async function runsThere(driver: HostDriver, uuid: string): Promise<boolean> {
  try {
    return isActive(await driver.domain(uuid));
  } catch (error) {
    if (error instanceof HypervisorError) return false;
    throw error;
  }
}

const findDisksStep: Step = {
  name: 'find-disks',
  // Looking for them again changes nothing.
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    const disks: GuestDisk[] = [];
    for (const disk of guest.disks) disks.push(await diskThere(act, guest, disk));
    await act.note({}, (fleet) => {
      const present = fleet.get('guest', guest.vmid);
      return present === undefined ? [] : [put('guest', { ...present, disks })];
    });
  },
};

/** Never an empty disk in the place of one that the guest wrote to; a seed, or what was never made, is made. */
async function diskThere(act: Act, guest: Guest, disk: GuestDisk): Promise<GuestDisk> {
  const driver = act.driver(guest.hostname);
  if (disk.madeByVirtdc && (disk.role === 'SEED' || disk.path === '')) return makeDisk(driver, guest, disk);
  if (disk.pool === '') return disk;
  const { pool, volume, target } = disk;
  const present = await driver.volume(pool, volume);
  if (present !== undefined) return { ...disk, path: present.path };
  const { hostname } = guest;
  throw new StepFailure('DISK_MISSING', `disk ${target} (${volume}) is not in pool ${pool} on ${hostname}`, {
    hostname,
    pool,
    volume,
  });
}

const startStep: Step = {
  name: 'start-domain',
  async observe(act) {
    return isActive(await domainOf(act)) ? 'DONE' : 'NOT_DONE';
  },
  async do(act) {
    // It may have started by itself, with its host.
    const known = await domainOf(act);
    if (!isActive(known)) await startDomain(act, known);
  },
  undo: stopStart,
};

async function domainOf(act: Act): Promise<ObservedDomain | undefined> {
  const guest = act.guest();
  return act.driver(guest.hostname).domain(guest.uuid);
}

export const restartGuest: Recipe = {
  kind: 'RESTART_GUEST',
  steps: [lookAroundStep, findDisksStep, startStep, verifyRunningStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => letGuestGo(fleet, operation, 'RUNNING'),
  failed: (fleet, operation) => {
    const guest = fleet.get('guest', operation.target);
    if (guest === undefined) return [];
    const after = letGo(guest, operation, 'LOST', operation.error?.message);
    const restarts = guest.restarts && { ...guest.restarts, failedOn: guest.hostname };
    return [put('guest', { ...after, restarts })];
  },
};
