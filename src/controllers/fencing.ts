// Has hosts switched off that do not answer for longer than the operator wants to wait. Without a fence it does nothing.

import type { Logger } from 'pino';
import { type RunningAuthority, UnavailableError } from '../authority/authority.js';
import { fenceHost, isToBeFenced } from '../commands/fence-host.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';

export interface FencingParts {
  readonly authority: RunningAuthority;
  readonly clock: Clock;
  readonly log: Logger;
  /** How long a host has to be UNREACHABLE, as far as this process has seen it so while it led. */
  readonly afterMs: number;
}

export class Fencing {
  private readonly silentSinceMs = new Map<string, number>();
  private readonly stopping = new AbortController();
  private done: Promise<void> = Promise.resolve();

  constructor(private readonly parts: FencingParts) {}

  start(): void {
    this.done = this.loop();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }

  private async loop(): Promise<void> {
    const { clock, log } = this.parts;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.turn();
      } catch (error) {
        if (!(error instanceof UnavailableError)) log.error({ err: error }, 'silent hosts were not looked for');
      }
      await clock.sleep(LIMITS.fenceLookMs, signal).catch(() => {});
    }
  }

  private async turn(): Promise<void> {
    const { authority, clock, afterMs, log } = this.parts;
    if (!authority.leads) return this.silentSinceMs.clear();
    const now = clock.monotonicMs();
    const silent = [...authority.fleet.all('host')].filter(isToBeFenced).map((host) => host.hostname);
    for (const hostname of [...this.silentSinceMs.keys()])
      if (!silent.includes(hostname)) this.silentSinceMs.delete(hostname);
    for (const hostname of silent) {
      const since = this.silentSinceMs.get(hostname) ?? now;
      this.silentSinceMs.set(hostname, since);
      if (now - since < afterMs) continue;
      const answer = await authority.execute(fenceHost(hostname), { principal: 'virtdc', method: 'fencing' });
      if (answer.accepted && answer.result !== undefined) log.warn({ host: hostname }, 'silent host is to be fenced');
    }
  }
}
