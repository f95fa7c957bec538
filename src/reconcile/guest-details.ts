// Learns from guests themselves (through their agents) what libvirt does not know: vCPUs online, boot id, addresses.
// Asked after events and now and then; a guest without an agent is left alone for a while.

import type { GuestDetails } from '../commands/observe-host.js';
import type { FleetView } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type HostDriver, HypervisorError, type ObservedDomain } from '../ports/hypervisor.js';

export class GuestDetailsReader {
  /** When each guest may be asked again, by UUID. */
  private readonly nextAtMs = new Map<string, number>();

  constructor(
    private readonly driver: HostDriver,
    private readonly clock: Clock,
  ) {}

  /** Something happened to the guest: what was learnt of it is old. */
  forget(uuid: string): void {
    this.nextAtMs.delete(uuid);
  }

  async read(fleet: FleetView, domains: readonly ObservedDomain[]): Promise<ReadonlyMap<string, GuestDetails>> {
    const present = new Set(domains.map((domain) => domain.uuid));
    for (const uuid of this.nextAtMs.keys()) if (!present.has(uuid)) this.nextAtMs.delete(uuid);
    const now = this.clock.monotonicMs();
    const due = domains.filter(
      ({ uuid, state }) =>
        state === 'RUNNING' &&
        (this.nextAtMs.get(uuid) ?? 0) <= now &&
        fleet.guestByUuid(uuid)?.hostname === this.driver.address.hostname &&
        fleet.guestByUuid(uuid)?.operation === '',
    );
    const learnt = new Map<string, GuestDetails>();
    await Promise.all(
      due.slice(0, LIMITS.guestsAskedAtOnce).map(async ({ uuid }) => {
        const details = await this.ask(uuid);
        this.nextAtMs.set(
          uuid,
          this.clock.monotonicMs() + (details === undefined ? LIMITS.agentRetryMs : LIMITS.guestDetailsEveryMs),
        );
        if (details !== undefined) learnt.set(uuid, details);
      }),
    );
    return learnt;
  }

  private async ask(uuid: string): Promise<GuestDetails | undefined> {
    const options = { deadlineMs: LIMITS.guestAgentDeadlineMs };
    try {
      const bootId = await this.driver.bootId(uuid, options);
      const onlineCpu = await this.driver.onlineCpu(uuid, options);
      const addresses = await this.driver.addresses(uuid, options);
      return { bootId, onlineCpu, addresses };
    } catch (error) {
      // Whatever the reason, nothing was learnt: unknown. The look at the host itself tells whether it answers.
      if (error instanceof HypervisorError) return undefined;
      throw error;
    }
  }
}
