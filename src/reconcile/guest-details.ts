// Learns from guests themselves (through their agents) what libvirt does not know: vCPUs online, boot id, addresses.
// Asked after events and now and then, beside the looks at the host: a guest that does not answer holds up none of them.

import type { Logger } from 'pino';
import type { GuestDetails } from '../commands/observe-host.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestObservation } from '../fleet/guest.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type HostDriver, HypervisorError, type ObservedDomain } from '../ports/hypervisor.js';

type Guests = Pick<FleetView, 'guestByUuid' | 'count'>;

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
    this.nextAtMs.set(uuid, 0);
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
  ask(fleet: Guests, domains: readonly ObservedDomain[]): void {
    const present = new Set(domains.map((domain) => domain.uuid));
    for (const uuid of this.nextAtMs.keys()) if (!present.has(uuid)) this.nextAtMs.delete(uuid);
    const now = this.clock.monotonicMs();
    for (const { uuid, state } of domains) {
      if (this.asking.size >= LIMITS.guestsAskedAtOnce || this.stopping.signal.aborted) return;
      const guest = fleet.guestByUuid(uuid);
      if (guest === undefined || state !== 'RUNNING' || this.asking.has(uuid)) continue;
      const isOurs = guest.hostname === this.driver.address.hostname && guest.operation === '';
      if (isOurs && this.dueAtMs(guest, fleet) <= now) this.begin(uuid, fleet);
    }
  }

  /** What was learnt before this process began does not become old all at once for a whole fleet. */
  private dueAtMs({ uuid, observed }: Guest, fleet: Guests): number {
    const known = this.nextAtMs.get(uuid);
    if (known !== undefined) return known;
    const inMs = observed?.bootId === undefined ? 0 : everyMs(fleet, LIMITS.guestDetailsEveryMs) * shareOf(uuid);
    const atMs = this.clock.monotonicMs() + inMs;
    this.nextAtMs.set(uuid, atMs);
    return atMs;
  }

  /** Resolves when no question is under way any more. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await Promise.all(this.asking.values());
  }

  private begin(uuid: string, fleet: Guests): void {
    const asked = this.detailsOf(uuid).then((details) => {
      if (this.asking.get(uuid) !== asked) return;
      this.asking.delete(uuid);
      const again = details === undefined ? LIMITS.agentRetryMs : LIMITS.guestDetailsEveryMs;
      this.nextAtMs.set(uuid, this.clock.monotonicMs() + everyMs(fleet, again));
      if (details === undefined || isKnown(details, fleet.guestByUuid(uuid)?.observed)) return;
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

/** Many guests are asked less often, each. */
function everyMs(fleet: Guests, ms: number): number {
  return ms * Math.max(1, fleet.count('guest') / LIMITS.guestsAtFullPace);
}

/** From 0 to 1: always the same for a guest, and all over the range for many. */
function shareOf(uuid: string): number {
  let hash = 0;
  for (let at = 0; at < uuid.length; at += 1) hash = (Math.imul(hash, 31) + uuid.charCodeAt(at)) >>> 0;
  return hash / 2 ** 32;
}

function isKnown({ bootId, onlineCpu, addresses }: GuestDetails, observed: GuestObservation | undefined): boolean {
  return (
    observed !== undefined &&
    observed.bootId === bootId &&
    observed.onlineCpu === onlineCpu &&
    observed.addresses.join() === addresses?.join()
  );
}
