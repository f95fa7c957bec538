// CREATE_GUEST and START_GUEST: disks, then the domain, then the sight of it running.

import { put } from '../fleet/change.js';
import { LIMITS } from '../limits.js';
import { isActive, type ObservedDomain } from '../ports/hypervisor.js';
import { everyDisk, makeDisks, removeDisks } from './disks.js';
import { endDomain, unlessGone, waitForDomain } from './domain.js';
import { letGuestGo, removeGuest } from './guest-changes.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

const makeDisksStep: Step = {
  name: 'make-disks',
  // Making them looks for each first, so it may simply be done again.
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    const disks = await makeDisks(act.driver(guest.hostname), guest, everyDisk);
    await act.note({}, (fleet) => {
      const present = fleet.get('guest', guest.vmid);
      return present === undefined ? [] : [put('guest', { ...present, disks })];
    });
  },
  async undo(act) {
    const guest = act.guest();
    await removeDisks(act.driver(guest.hostname), guest, everyDisk);
  },
};

const createDomainStep: Step = {
  name: 'create-domain',
  intent: (fleet, operation) => {
    const guest = fleet.get('guest', operation.target);
    return guest === undefined ? [] : [put('guest', { ...guest, state: 'STARTING', stateReason: '' })];
  },
  async observe(act) {
    const guest = act.guest();
    return isActive(await act.driver(guest.hostname).domain(guest.uuid)) ? 'DONE' : 'NOT_DONE';
  },
  async do(act) {
    const guest = act.guest();
    const driver = act.driver(guest.hostname);
    await driver.create(act.definition(guest), guest.persistent, { deadlineMs: LIMITS.libvirtCreateDeadlineMs });
  },
  async undo(act) {
    const guest = act.guest();
    await endDomain(act.driver(guest.hostname), guest);
  },
};

export const verifyRunningStep: Step = {
  name: 'verify-running',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act: Act) {
    const guest = act.guest();
    const domain = await waitForDomain(
      act,
      guest.hostname,
      guest.uuid,
      (seen) => !isActive(seen) || seen?.state === 'RUNNING',
      LIMITS.libvirtCreateDeadlineMs,
    );
    if (domain === 'TIMEOUT' || !isActive(domain)) {
      const state = domain === 'TIMEOUT' ? 'not running' : (domain?.state ?? 'gone');
      throw new StepFailure('GUEST_DID_NOT_RUN', `${guest.vmid} was created on ${guest.hostname} but is ${state}`, {
        vmid: guest.vmid,
        hostname: guest.hostname,
      });
    }
  },
};

export const createGuest: Recipe = {
  kind: 'CREATE_GUEST',
  steps: [makeDisksStep, createDomainStep, verifyRunningStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => letGuestGo(fleet, operation, 'RUNNING'),
  failed: (fleet, operation) => {
    // A terminate that superseded the creation holds the guest now, and removes it with its claims.
    const holder = fleet.get('guest', operation.target)?.operation;
    return holder === operation.name ? removeGuest(fleet, operation.target, 'FAILED') : [];
  },
};

/**
 * Starts the guest on its host, as whose domain it is `known` there, if it is. Its restart policy may have changed while it
 * was stopped, so it may have to be defined now, or not to autostart any more.
 */
export async function startDomain(act: Act, known: ObservedDomain | undefined): Promise<void> {
  const guest = act.guest();
  const driver = act.driver(guest.hostname);
  const withHost = guest.restartPolicy === 'WITH_HOST';
  const persistent = known?.persistent ?? withHost;
  if (persistent !== guest.persistent) {
    await act.note({}, (fleet) => {
      const present = fleet.get('guest', guest.vmid);
      return present === undefined ? [] : [put('guest', { ...present, persistent })];
    });
  }
  const options = { deadlineMs: LIMITS.libvirtCreateDeadlineMs };
  if (known === undefined) return driver.create(act.definition(act.guest()), persistent, options);
  await driver.setAutostart(guest.uuid, withHost);
  await driver.start(guest.uuid, options);
}

/** Stopping an attempted start must not undefine a persistent guest: only what runs is ended. */
export async function stopStart(act: Act): Promise<void> {
  const guest = act.guest();
  const driver = act.driver(guest.hostname);
  if (isActive(await driver.domain(guest.uuid))) await unlessGone(driver.destroy(guest.uuid));
}

const startDomainStep: Step = {
  ...createDomainStep,
  async do(act) {
    const guest = act.guest();
    const known = await act.driver(guest.hostname).domain(guest.uuid);
    if (isActive(known))
      throw new StepFailure('DOMAIN_EXISTS', `${guest.domainName} runs already on ${guest.hostname}`);
    await startDomain(act, known);
  },
  undo: stopStart,
};

export const startGuest: Recipe = {
  kind: 'START_GUEST',
  steps: [startDomainStep, verifyRunningStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => letGuestGo(fleet, operation, 'RUNNING'),
  failed: (fleet, operation) => letGuestGo(fleet, operation, 'STOPPED', operation.error?.message),
};
