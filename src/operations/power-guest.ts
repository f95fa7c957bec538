// STOP_GUEST, REBOOT_GUEST, PAUSE_GUEST and RESUME_GUEST: one deed each, and the sight of its effect.

import { put } from '../fleet/change.js';
import { LIMITS } from '../limits.js';
import { type HostDriver, HypervisorError, isActive, type ObservedDomain } from '../ports/hypervisor.js';
import { unlessGone, waitForDomain } from './domain.js';
import { letGo, letGuestGo } from './guest-changes.js';
import { type Act, type Recipe, type Step, StepFailure } from './step.js';

async function look(act: Act): Promise<ObservedDomain | undefined> {
  const guest = act.guest();
  return act.driver(guest.hostname).domain(guest.uuid);
}

const shutdownStep: Step = {
  name: 'shutdown',
  observe: async (act) => (isActive(await look(act)) ? 'NOT_DONE' : 'DONE'),
  async do(act) {
    const guest = act.guest();
    const driver = act.driver(guest.hostname);
    const { input } = act.operation();
    if (input.kind !== 'STOP_GUEST') throw new Error(`not a stop: ${input.kind}`);
    const atOnce = input.force && input.graceS === 0;
    await unlessGone(atOnce ? driver.destroy(guest.uuid) : askToPowerOff(driver, guest.uuid, input.force));
    const stopped = await waitForDomain(
      act,
      guest.hostname,
      guest.uuid,
      (domain) => !isActive(domain),
      input.graceS * 1_000,
      act.cancelled,
    );
    if (stopped !== 'TIMEOUT') return;
    if (act.cancelled.aborted)
      throw new StepFailure('CANCELLED', 'no longer waited for; the guest may still power off');
    if (input.force) return unlessGone(driver.destroy(guest.uuid));
    throw new StepFailure(
      'GUEST_DID_NOT_STOP',
      `${guest.vmid} did not power off within ${input.graceS} s; it runs on`,
      {
        vmid: guest.vmid,
        grace_s: String(input.graceS),
      },
    );
  },
};

/** A guest that cannot be asked is not asked, where its power is to be cut anyway. */
async function askToPowerOff(driver: HostDriver, uuid: string, force: boolean): Promise<void> {
  try {
    await driver.shutdown(uuid);
  } catch (error) {
    const definite =
      error instanceof HypervisorError && (error.kind === 'AGENT_UNAVAILABLE' || error.kind === 'REFUSED');
    if (!(force && definite)) throw error;
  }
}

/** As it was; the reconciler corrects what was not so. */
const backAsItWas: Recipe['failed'] = (fleet, operation) => {
  const state = fleet.get('guest', operation.target)?.state ?? 'RUNNING';
  return letGuestGo(fleet, operation, state, operation.error?.message);
};

export const stopGuest: Recipe = {
  kind: 'STOP_GUEST',
  steps: [shutdownStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => {
    const guest = fleet.get('guest', operation.target);
    if (guest === undefined) return [];
    // Nothing of what was seen of it holds any longer, its addresses least of all.
    return [put('guest', { ...letGo(guest, operation, 'STOPPED', 'stopped on request'), observed: undefined })];
  },
  failed: backAsItWas,
};

const noteBootStep: Step = {
  name: 'note-boot',
  observe: () => Promise.resolve('NOT_DONE'),
  async do(act) {
    await act.note({ bootId: await bootIdOrNone(act) });
  },
};

/** Empty where the guest has no agent: the reboot is then asked for, and not seen. */
async function bootIdOrNone(act: Act): Promise<string> {
  const guest = act.guest();
  try {
    return await act.driver(guest.hostname).bootId(guest.uuid);
  } catch (error) {
    if (error instanceof HypervisorError && (error.kind === 'AGENT_UNAVAILABLE' || error.kind === 'UNSUPPORTED'))
      return '';
    throw error;
  }
}

/** NONE: it tells none now, though it did before. */
async function bootSeen(act: Act): Promise<'OLD' | 'NEW' | 'NONE'> {
  const before = act.operation().notes.bootId ?? '';
  if (before === '') return 'OLD';
  const now = await bootIdOrNone(act);
  if (now === '') return 'NONE';
  return now === before ? 'OLD' : 'NEW';
}

const rebootStep: Step = {
  name: 'reboot',
  /** A guest that told its boot before and tells none now is on its way: asked once more, it would begin all over again. */
  async observe(act) {
    const until = act.clock.monotonicMs() + LIMITS.bootObservedWithinMs;
    for (;;) {
      const boot = await bootSeen(act);
      if (boot !== 'NONE') return boot === 'NEW' ? 'DONE' : 'NOT_DONE';
      if (act.clock.monotonicMs() >= until || act.cancelled.aborted) return 'NOT_DONE';
      await act.clock.sleep(LIMITS.stepRetryMs, act.signal);
    }
  },
  async do(act) {
    const guest = act.guest();
    const { input, notes } = act.operation();
    if (input.kind !== 'REBOOT_GUEST') throw new Error(`not a reboot: ${input.kind}`);
    await act.driver(guest.hostname).reboot(guest.uuid, input.force);
    if ((notes.bootId ?? '') === '') return;
    const until = act.clock.monotonicMs() + LIMITS.bootObservedWithinMs;
    while ((await bootSeen(act)) !== 'NEW') {
      if (act.clock.monotonicMs() >= until || act.cancelled.aborted) {
        throw new StepFailure('GUEST_DID_NOT_REBOOT', `${guest.vmid} was asked to reboot and was not seen to`, {
          vmid: guest.vmid,
        });
      }
      await act.clock.sleep(LIMITS.stepRetryMs, act.signal);
    }
  },
};

export const rebootGuest: Recipe = {
  kind: 'REBOOT_GUEST',
  steps: [noteBootStep, rebootStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => letGuestGo(fleet, operation, 'RUNNING'),
  failed: backAsItWas,
};

const pauseStep: Step = {
  name: 'pause',
  observe: async (act) => ((await look(act))?.state === 'PAUSED' ? 'DONE' : 'NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    await act.driver(guest.hostname).suspend(guest.uuid);
  },
};

export const pauseGuest: Recipe = {
  kind: 'PAUSE_GUEST',
  steps: [pauseStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => letGuestGo(fleet, operation, 'PAUSED', 'paused on request'),
  failed: (fleet, operation) => letGuestGo(fleet, operation, 'RUNNING', operation.error?.message),
};

const resumeStep: Step = {
  name: 'resume',
  observe: async (act) => ((await look(act))?.state === 'RUNNING' ? 'DONE' : 'NOT_DONE'),
  async do(act) {
    const guest = act.guest();
    await act.driver(guest.hostname).resume(guest.uuid);
  },
};

export const resumeGuest: Recipe = {
  kind: 'RESUME_GUEST',
  steps: [resumeStep],
  cancellableBefore: () => true,
  succeeded: (fleet, operation) => letGuestGo(fleet, operation, 'RUNNING'),
  failed: (fleet, operation) => letGuestGo(fleet, operation, 'PAUSED', operation.error?.message),
};
