// What several kinds of operation do with a domain: look for it, wait for a state, make sure that it is gone.

import type { Guest } from '../fleet/guest.js';
import { LIMITS } from '../limits.js';
import { type HostDriver, HypervisorError, isActive, type ObservedDomain } from '../ports/hypervisor.js';
import { type Act, StepFailure } from './step.js';

/** Looks again and again until the domain is as wanted; undefined if it was not within the time. */
export async function waitForDomain(
  act: Act,
  hostname: string,
  uuid: string,
  wanted: (domain: ObservedDomain | undefined) => boolean,
  withinMs: number,
  giveUp?: AbortSignal,
): Promise<ObservedDomain | undefined | 'TIMEOUT'> {
  const until = act.clock.monotonicMs() + withinMs;
  for (;;) {
    const domain = await act.driver(hostname).domain(uuid);
    if (wanted(domain)) return domain;
    if (act.clock.monotonicMs() >= until || giveUp?.aborted) return 'TIMEOUT';
    await act.clock.sleep(LIMITS.migrationPollMs, act.signal);
  }
}

/** Ends the domain on the host and, if it is defined there, its definition; done when libvirt has neither. */
export async function endDomain(driver: HostDriver, guest: Guest): Promise<void> {
  const { uuid, vmid } = guest;
  // Looked at again after each deed: with its host a domain may start by itself in between.
  for (let deeds = 0; deeds <= LIMITS.stepRetries; deeds++) {
    const domain = await driver.domain(uuid);
    if (domain === undefined) return;
    await assertOurs(driver, guest);
    if (isActive(domain)) await unlessGone(driver.destroy(uuid));
    if (domain.persistent) await unlessGone(driver.undefine(uuid));
  }
  const { hostname } = driver.address;
  throw new StepFailure('DOMAIN_STAYS', `${vmid} is still on ${hostname}, though it was ended`, { vmid, hostname });
}

/** A domain with the guest's UUID but somebody else's mark is not touched. */
async function assertOurs(driver: HostDriver, guest: Guest): Promise<void> {
  const mark = await driver.domainMark(guest.uuid);
  if (mark !== undefined && mark.vmid !== guest.vmid) {
    throw new StepFailure(
      'FOREIGN_DOMAIN',
      `domain ${guest.uuid} on ${driver.address.hostname} is marked as ${mark.vmid}`,
      {
        hostname: driver.address.hostname,
        uuid: guest.uuid,
      },
    );
  }
}

export async function unlessGone(call: Promise<void>): Promise<void> {
  try {
    await call;
  } catch (error) {
    if (!(error instanceof HypervisorError && error.kind === 'NO_DOMAIN')) throw error;
  }
}
