// Watches one host: looks at all its domains again and again (level-triggered), sooner when an event hints at a change,
// and tells the authority what it saw, or that it sees nothing. A host that hangs holds up no other.

import type { Logger } from 'pino';
import { type Authority, UnavailableError } from '../authority/authority.js';
import { answersAgain, type HostLook, loseSightOfHost, observeHost } from '../commands/observe-host.js';
import type { Command } from '../fleet/decision.js';
import type { Guest } from '../fleet/guest.js';
import type { HostFacts } from '../fleet/host.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type DomainEvent, type HostDriver, HypervisorError } from '../ports/hypervisor.js';
import type { HostEvents } from '../telemetry/host-events.js';
import { GuestDetailsReader } from './guest-details.js';
import { Reapply } from './reapply.js';
import { clearStaleCopies } from './stale-copies.js';
import type { Turns } from './turns.js';

export interface HostWatchParts {
  readonly authority: Authority;
  readonly clock: Clock;
  readonly log: Logger;
  readonly events: HostEvents;
  readonly driver: HostDriver;
  /** To be taken for the first contact with a host, and for asking one for facts that were known before. */
  readonly turns: { readonly contact: Turns; readonly facts: Turns };
  /** Between two looks; shorter when an event hints at a change. */
  lookEveryMs(): number;
}

/** Why a pause ends early; made once, as an abort without a reason makes an exception each time. */
const SOONER = new Error('look sooner');

export class HostWatch {
  private readonly stopping = new AbortController();
  private readonly details: GuestDetailsReader;
  private readonly reapply: Reapply;
  private readonly hostname: string;
  /** Aborted to end the pause between two looks early. */
  private nudge = new AbortController();
  private factsWanted = true;
  private shutDown = new Set<string>();
  /** Guests that were not there at the last look. */
  private missed: ReadonlySet<string> = new Set();
  private silentSinceMs: number | undefined;
  /** When the host last answered. */
  lastSeen: Date | undefined;
  private done: Promise<void> = Promise.resolve();
  private looked: (() => void)[] = [];

  constructor(private readonly parts: HostWatchParts) {
    this.hostname = parts.driver.address.hostname;
    this.details = new GuestDetailsReader(parts.driver, parts.clock, parts.log, () => this.lookSoon());
    this.reapply = new Reapply(parts.driver, parts.authority, parts.clock, parts.log);
  }

  start(): void {
    this.done = this.run();
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    const contacted = await this.parts.turns.contact.take(signal);
    if (!signal.aborted) this.listen();
    await this.loop(contacted);
  }

  private listen(): void {
    this.parts.driver.listen(
      {
        event: (event) => this.heard(event),
        connected: () => {
          this.factsWanted = true;
          this.lookSoon();
        },
        disconnected: (reason) => {
          this.parts.log.info({ host: this.hostname, reason }, 'host disconnected');
          this.lookSoon();
        },
      },
      this.stopping.signal,
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort(new UnavailableError('no longer watched'));
    this.nudge.abort(SOONER);
    // Ends the look at a host that does not answer, too.
    await this.parts.driver.close();
    await this.details.stop();
    await this.done;
  }

  /** Looks now rather than at the next turn; resolves when a look that began after this call has ended, well or not. */
  async lookNow(): Promise<void> {
    const looked = new Promise<void>((resolve) => this.looked.push(resolve));
    this.lookSoon();
    await looked;
  }

  private lookSoon(): void {
    this.nudge.abort(SOONER);
  }

  private heard(event: DomainEvent): void {
    this.parts.events.publish(this.hostname, event);
    if (event.type === 'LIFECYCLE') {
      const byItself = event.event === 'SHUTDOWN' || (event.event === 'STOPPED' && event.detail === 'SHUTDOWN');
      if (byItself) this.shutDown.add(event.uuid);
      if (event.event === 'STARTED') this.shutDown.delete(event.uuid);
    }
    if (event.type === 'REBOOT') this.reapply.rebooted(event.uuid);
    if (event.type === 'REBOOT' || event.type === 'AGENT' || event.type === 'DEVICE_ADDED')
      this.details.forget(event.uuid);
    if (event.type !== 'MIGRATION_ITERATION' && event.type !== 'JOB_COMPLETED') this.lookSoon();
  }

  private async loop(looked: () => void): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.nudge = new AbortController();
      const waiting = this.looked.splice(0);
      const beganMs = this.parts.clock.monotonicMs();
      try {
        await this.look();
      } catch (error) {
        if (signal.aborted) break;
        if (error instanceof HypervisorError) await this.sawNothing(error, beganMs);
        else if (!(error instanceof UnavailableError)) {
          this.parts.log.error(
            { host: this.hostname, err: error },
            'a look at the host failed for a reason of our own',
          );
        }
      }
      looked();
      for (const resolve of waiting) resolve();
      await this.pause();
    }
    for (const resolve of this.looked.splice(0)) resolve();
  }

  /** Until the next look is due or an event asks for one; never two looks in a burst without a breath between. */
  private async pause(): Promise<void> {
    const { clock } = this.parts;
    const { signal } = this.stopping;
    try {
      await clock.sleep(LIMITS.reconcileBreathMs, signal);
      if (this.nudge.signal.aborted || this.looked.length > 0) return;
      // Which stop() aborts, too.
      await clock.sleep(this.untilNextLookMs(), this.nudge.signal);
    } catch (error) {
      if (!signal.aborted && !this.nudge.signal.aborted) throw error;
    }
  }

  /** A silent host is looked at again no later than when it is to be told of as unreachable. */
  private untilNextLookMs(): number {
    const everyMs = this.parts.lookEveryMs();
    if (this.silentSinceMs === undefined) return everyMs;
    const leftMs = this.silentSinceMs + LIMITS.hostUnreachableAfterMs - this.parts.clock.monotonicMs();
    return leftMs > 0 ? Math.min(leftMs, everyMs) : everyMs;
  }

  private async look(): Promise<void> {
    const { driver, authority, clock } = this.parts;
    const facts = await this.factsIfWanted();
    const cleared = await this.clearedAfterDeath();
    const asOf = authority.fleet.revision;
    const domains = await driver.domains();
    await this.tellSeen({ asOf, domains, facts, cleared });
    if (facts !== undefined) this.factsWanted = false;
    this.silentSinceMs = undefined;
    this.lastSeen = clock.now();
    await this.reapply.run(this.details);
    this.details.ask(authority.fleet, domains);
  }

  /** What was heard and learnt goes with what was seen: an event that came before the answer is older than it. */
  private async tellSeen(seen: Pick<HostLook, 'asOf' | 'domains' | 'facts' | 'cleared'>): Promise<void> {
    const { hostname, shutDown, missed } = this;
    const { fleet } = this.parts.authority;
    this.shutDown = new Set();
    const details = this.details.take();
    const changedSince = fleet.guestsOn(hostname).filter((guest) => guest.revision > seen.asOf);
    const at = this.parts.clock.now();
    try {
      await this.tell(observeHost({ ...seen, hostname, at, details, shutDown, missedBefore: missed }));
    } catch (error) {
      for (const uuid of shutDown) this.shutDown.add(uuid);
      this.details.giveBack(details);
      throw error;
    }
    for (const { uuid } of changedSince) {
      if (shutDown.has(uuid)) this.shutDown.add(uuid);
      if (details.has(uuid)) this.details.forget(uuid);
    }
    const present = new Set(seen.domains.map((domain) => domain.uuid));
    const absent = fleet.guestsOn(hostname).filter((guest) => !present.has(guest.uuid) && isBelievedToRun(guest));
    this.missed = new Set(absent.map((guest) => guest.uuid));
    if (absent.length > 0 || changedSince.length > 0) this.lookSoon();
  }

  /** A host that was proven to be off is not used before what it has of guests that left it is cleared. */
  private async clearedAfterDeath(): Promise<ReadonlySet<string>> {
    const { authority, driver } = this.parts;
    const condition = () => authority.fleet.get('host', this.hostname)?.condition;
    if (condition() === 'DEAD') {
      await driver.domains();
      await this.tell(answersAgain(this.hostname));
    }
    return clearStaleCopies(this.parts, authority.fleet.get('host', this.hostname)?.leftBehind ?? []);
  }

  /** What was known before is good enough until it is this host's turn: a rush of hosts is looked at first. */
  private async factsIfWanted(): Promise<HostFacts | undefined> {
    const { driver, turns, authority } = this.parts;
    if (!this.factsWanted) return undefined;
    const known = authority.fleet.get('host', this.hostname)?.observed !== undefined;
    const asked = known ? turns.facts.takeNow() : () => undefined;
    if (asked === undefined) return undefined;
    try {
      return await driver.facts();
    } finally {
      asked();
    }
  }

  /** It was silent for all of the look that failed, however long that took. */
  private async sawNothing(error: HypervisorError, beganMs: number): Promise<void> {
    const now = this.parts.clock.monotonicMs();
    this.silentSinceMs ??= beganMs;
    const silentMs = now - this.silentSinceMs;
    const ready = this.parts.authority.fleet.get('host', this.hostname)?.condition === 'READY';
    if (silentMs >= LIMITS.hostUnreachableAfterMs)
      await this.tellQuietly(loseSightOfHost(this.hostname, 'UNREACHABLE', error.message));
    else if (ready) await this.tellQuietly(loseSightOfHost(this.hostname, 'SUSPECT', error.message));
  }

  private async tellQuietly(command: Command<undefined>): Promise<void> {
    try {
      await this.tell(command);
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
    }
  }

  private async tell(command: Command<undefined>): Promise<void> {
    await this.parts.authority.execute(command, { principal: 'virtdc', method: 'reconcile', cause: 'OBSERVED' });
  }
}

function isBelievedToRun({ state, operation }: Guest): boolean {
  return operation === '' && state !== 'STOPPED' && state !== 'LOST';
}
