// After a reboot a guest has its whole memory and all plugged vCPUs back: asks again for what its owner asked for.

import type { Logger } from 'pino';
import type { Authority } from '../authority/authority.js';
import type { Guest } from '../fleet/guest.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type HostDriver, HypervisorError } from '../ports/hypervisor.js';
import type { GuestDetailsReader } from './guest-details.js';

export class Reapply {
  /** Guests that were seen or heard to reboot, by UUID, until they are as asked again. */
  private readonly pending = new Set<string>();
  /** When each was asked last: one that does not give is not asked at every look. */
  private readonly askedMs = new Map<string, number>();
  /** Boot ids as they were last time: one that changed is a reboot that was not heard. */
  private readonly boots = new Map<string, string>();

  constructor(
    private readonly driver: HostDriver,
    private readonly authority: Authority,
    private readonly clock: Clock,
    private readonly log: Logger,
  ) {}

  rebooted(uuid: string): void {
    this.pending.add(uuid);
    this.askedMs.delete(uuid);
  }

  async run(details: GuestDetailsReader): Promise<void> {
    for (const guest of this.authority.fleet.guestsOn(this.driver.address.hostname)) {
      this.compareBoots(guest);
      if (!this.pending.has(guest.uuid) || guest.state !== 'RUNNING' || guest.operation !== '') continue;
      if (details.isAsking(guest.uuid) || this.wasAskedJustNow(guest)) continue;
      if (!this.authority.mayAct()) return;
      try {
        if (await this.asAsked(guest)) {
          this.pending.delete(guest.uuid);
          this.askedMs.delete(guest.uuid);
        } else details.forget(guest.uuid);
      } catch (error) {
        // Tried again at the next look.
        if (!(error instanceof HypervisorError)) throw error;
        this.log.info({ vmid: guest.vmid, err: error }, 'sizes not asked for again yet');
      }
    }
  }

  private wasAskedJustNow({ uuid }: Guest): boolean {
    const askedMs = this.askedMs.get(uuid);
    return askedMs !== undefined && this.clock.monotonicMs() - askedMs < LIMITS.reconcileEveryMs;
  }

  private compareBoots(guest: Guest): void {
    const bootId = guest.observed?.bootId;
    if (bootId === undefined) return;
    const before = this.boots.get(guest.uuid);
    if (before !== undefined && before !== bootId) this.pending.add(guest.uuid);
    this.boots.set(guest.uuid, bootId);
  }

  /** Asks for what is more than asked; answers whether nothing is. A guest that is still booting has not told yet. */
  private async asAsked(guest: Guest): Promise<boolean> {
    const { observed } = guest;
    if (observed?.balloonKib === undefined || observed.onlineCpu === undefined) return false;
    let asAsked = true;
    this.askedMs.set(guest.uuid, this.clock.monotonicMs());
    if (observed.balloonKib > guest.currentMemoryKib) {
      asAsked = false;
      this.log.info(
        { vmid: guest.vmid, balloonKib: observed.balloonKib, askedKib: guest.currentMemoryKib },
        'memory asked for again',
      );
      await this.driver.setMemory(guest.uuid, guest.currentMemoryKib);
    }
    if (observed.onlineCpu > guest.currentCpu) {
      asAsked = false;
      this.log.info(
        { vmid: guest.vmid, onlineCpu: observed.onlineCpu, askedCpu: guest.currentCpu },
        'vCPUs asked for again',
      );
      await this.driver.setOnlineCpu(guest.uuid, guest.currentCpu);
    }
    return asAsked;
  }
}
