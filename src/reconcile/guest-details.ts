// Learns from guests themselves (through their agents) what libvirt does not know: vCPUs online, boot id, addresses.
// Asked after events and now and then, beside the looks at the host: a guest that does not answer holds up none of them.

import type { Logger } from 'pino';
import type { GuestDetails } from '../commands/observe-host.js';
import type { FleetView } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type HostDriver, HypervisorError, type ObservedDomain } from '../ports/hypervisor.js';

export class GuestDetailsReader {
  /** When each guest may be asked again, by UUID. */
  private readonly nextAtMs = new Map<string, number>();
  /** Questions under way, by UUID; one that is not here any more is of no interest. */
  private readonly asking = new Map<string, Promise<void>>();
  private learnt = new Map<string, GuestDetails>();
  private readonly stopping = new AbortController();

  /** `onLearnt` is called when there is something to take. */
  constructor(
    private readonly driver: Pick<HostDriver, 'address' | 'bootId' | 'onlineCpu' | 'addresses'>,
    private readonly clock: Clock,
    private readonly log: Logger,
    private readonly onLearnt: () => void,
  ) {}

  /** Something happened to the guest: what was learnt of it is old, and what it is about to answer may be. */
  forget(uuid: string): void {
    this.nextAtMs.delete(uuid);
    this.asking.delete(uuid);
    this.learnt.delete(uuid);
  }

  /** Whether what is known of the guest is about to be replaced. */
  isAsking(uuid: string): boolean {
    return this.asking.has(uuid) || this.learnt.has(uuid);
  }

  /** What was learnt since the last time. */
  take(): ReadonlyMap<string, GuestDetails> {
    const { learnt } = this;
    this.learnt = new Map();
    return learnt;
  }

  /** What was taken and could not be told: for the next time, unless newer is there. */
  giveBack(taken: ReadonlyMap<string, GuestDetails>): void {
    this.learnt = new Map([...taken, ...this.learnt]);
  }

  /** Begins to ask those that are due. */
  ask(fleet: Pick<FleetView, 'guestByUuid'>, domains: readonly ObservedDomain[]): void {
    const present = new Set(domains.map((domain) => domain.uuid));
    for (const uuid of this.nextAtMs.keys()) if (!present.has(uuid)) this.nextAtMs.delete(uuid);
    const now = this.clock.monotonicMs();
    for (const { uuid, state } of domains) {
      if (this.asking.size >= LIMITS.guestsAskedAtOnce || this.stopping.signal.aborted) return;
      const guest = fleet.guestByUuid(uuid);
      const ours = guest?.hostname === this.driver.address.hostname && guest.operation === '';
      const isDue = (this.nextAtMs.get(uuid) ?? 0) <= now && !this.asking.has(uuid);
      if (state === 'RUNNING' && ours && isDue) this.begin(uuid);
    }
  }

  /** Resolves when no question is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.asking.values());
  }

  private begin(uuid: string): void {
    const asked = this.detailsOf(uuid).then((details) => {
      if (this.asking.get(uuid) !== asked) return;
      this.asking.delete(uuid);
      const again = details === undefined ? LIMITS.agentRetryMs : LIMITS.guestDetailsEveryMs;
      this.nextAtMs.set(uuid, this.clock.monotonicMs() + again);
      if (details === undefined) return;
      this.learnt.set(uuid, details);
      this.onLearnt();
    });
    this.asking.set(uuid, asked);
  }

  private async detailsOf(uuid: string): Promise<GuestDetails | undefined> {
    const options = { deadlineMs: LIMITS.guestAgentDeadlineMs, signal: this.stopping.signal };
    try {
      const bootId = await this.driver.bootId(uuid, options);
      const onlineCpu = await this.driver.onlineCpu(uuid, options);
      const addresses = await this.driver.addresses(uuid, options);
      return { bootId, onlineCpu, addresses };
    } catch (error) {
      // Whatever the reason, nothing was learnt: unknown. The look at the host itself tells whether it answers.
      if (!(error instanceof HypervisorError || this.stopping.signal.aborted)) {
        this.log.error({ uuid, err: error }, 'a guest could not be asked for a reason of our own');
      }
      return undefined;
    }
  }
}
