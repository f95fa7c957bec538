// Restarts lost guests as their restart policies say: as soon as they are lost, when they may be again, and whenever a
// commit may have made room for them. Whether and where is decided in commands/restart-guest.ts.

import type { Logger } from 'pino';
import { type RunningAuthority, UnavailableError } from '../authority/authority.js';
import { mayRestart, type RestartVerdict, restartGuest } from '../commands/restart-guest.js';
import type { EntityKind } from '../fleet/change.js';
import { LIMITS } from '../limits.js';
import { byPriority } from '../policy/restart.js';
import type { Clock } from '../ports/clock.js';
import type { LogEntry } from '../ports/inventory.js';

export interface RestartsParts {
  readonly authority: RunningAuthority;
  readonly clock: Clock;
  readonly log: Logger;
}

export interface Restarts {
  start(): void;
  stop(): Promise<void>;
}

/** What a guest that found no place may find one by. */
const MAKE_ROOM: ReadonlySet<EntityKind> = new Set(['host', 'claim', 'pool', 'image', 'policy']);

export function createRestarts(parts: RestartsParts): Restarts {
  return new RestartLoop(parts);
}

class RestartLoop implements Restarts {
  /** Every guest that is to be restarted. */
  private readonly lost = new Set<string>();
  /** Those that are still to be tried in this round, in their order. */
  private round: string[] = [];
  private anew = true;
  private dueMs = Number.POSITIVE_INFINITY;
  private nudge = new AbortController();
  private readonly stopping = new AbortController();
  private subscriptions: readonly (() => void)[] = [];
  private done: Promise<void> = Promise.resolve();

  constructor(private readonly parts: RestartsParts) {}

  start(): void {
    const { authority } = this.parts;
    this.subscriptions = [
      authority.onCommit((entries) => this.committed(entries)),
      authority.onHealth(({ state }) => {
        if (state === 'LEADING') this.findLost();
      }),
    ];
    this.findLost();
    this.done = this.loop();
  }

  async stop(): Promise<void> {
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.stopping.abort();
    await this.done;
  }

  private findLost(): void {
    this.lost.clear();
    for (const guest of this.parts.authority.fleet.all('guest')) if (mayRestart(guest)) this.lost.add(guest.vmid);
    this.tryAnew();
  }

  private committed(entries: readonly LogEntry[]): void {
    let concerned = false;
    for (const entry of entries) {
      if (entry.kind === 'guest') {
        if (mayRestart(entry.after)) this.lost.add(entry.key);
        else this.lost.delete(entry.key);
      }
      concerned ||= entry.kind === 'guest' ? this.lost.has(entry.key) : MAKE_ROOM.has(entry.kind);
    }
    if (concerned && this.lost.size > 0) this.tryAnew();
  }

  private tryAnew(): void {
    this.anew = true;
    this.nudge.abort();
  }

  private async loop(): Promise<void> {
    const { clock, log } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      this.nudge = new AbortController();
      try {
        await this.turn();
        await clock.sleep(LIMITS.restartBreathMs, signal);
        const idle = this.round.length === 0 && !this.anew;
        const waitMs = Math.min(this.dueMs - clock.now().getTime(), LIMITS.restartMostBackoffMs);
        if (idle && waitMs > 0) await clock.sleep(waitMs, AbortSignal.any([signal, this.nudge.signal]));
      } catch (error) {
        if (signal.aborted || this.nudge.signal.aborted) continue;
        log.error({ err: error }, 'lost guests could not be restarted for a reason of our own');
        await clock.sleep(LIMITS.restartBreathMs, signal).catch(() => {});
      }
    }
  }

  /** Some of them, in their order; all of them before any is tried again. */
  private async turn(): Promise<void> {
    const { authority, clock } = this.parts;
    if (!authority.leads) return;
    if (this.round.length === 0) {
      if (!this.anew && clock.now().getTime() < this.dueMs) return;
      this.beginRound();
    }
    const some = this.round.splice(0, LIMITS.restartsTriedAtOnce);
    // Each is decided when it is asked for, on what the ones before it took.
    const verdicts = await Promise.all(some.map((vmid) => this.decide(vmid)));
    for (const verdict of verdicts) if (verdict?.kind === 'WAITS') this.dueMs = Math.min(this.dueMs, verdict.untilMs);
  }

  private beginRound(): void {
    const { fleet } = this.parts.authority;
    const guests = [...this.lost].map((vmid) => fleet.get('guest', vmid)).filter(mayRestart);
    this.round = guests.sort(byPriority).map((guest) => guest.vmid);
    this.anew = false;
    this.dueMs = Number.POSITIVE_INFINITY;
  }

  private async decide(vmid: string): Promise<RestartVerdict | undefined> {
    const { authority, log } = this.parts;
    try {
      const answer = await authority.execute(restartGuest(vmid), { principal: 'virtdc', method: 'restart' });
      if (answer.accepted && answer.result.kind === 'BEGUN') log.info({ vmid }, 'lost guest is restarted');
      return answer.accepted ? answer.result : undefined;
    } catch (error) {
      if (!(error instanceof UnavailableError)) throw error;
      return undefined;
    }
  }
}
