// What operators are told of the authority: whether it leads, since when, and why not.

import type { Clock } from '../ports/clock.js';
import { type AuthorityHealth, type AuthorityState, UnavailableError } from './authority.js';

export class HealthCell {
  private readonly listeners = new Set<(health: AuthorityHealth) => void>();
  private health: AuthorityHealth;

  constructor(private readonly clock: Clock) {
    this.health = { state: 'STARTING', since: clock.now(), reason: 'takes the lease and loads the fleet' };
  }

  get current(): AuthorityHealth {
    return this.health;
  }

  /** FAILED and CLOSED are final, except that what failed may be closed. */
  set(state: AuthorityState, reason: string): void {
    const now = this.health.state;
    if (now === state || now === 'CLOSED' || (now === 'FAILED' && state !== 'CLOSED')) return;
    this.health = { state, since: this.clock.now(), reason };
    for (const listener of [...this.listeners]) listener(this.health);
  }

  listen(listener: (health: AuthorityHealth) => void): () => boolean {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  /** Resolves once the state is one of those wished for; rejects once it never will be, or with the signal's reason. */
  async becomes(states: readonly AuthorityState[], signal?: AbortSignal): Promise<void> {
    signal?.throwIfAborted();
    let stop = () => false as boolean;
    let abort = () => {};
    try {
      await new Promise<void>((resolve, reject) => {
        abort = () => reject(signal?.reason as Error);
        const look = ({ state: now, reason }: AuthorityHealth) => {
          if (states.includes(now)) resolve();
          else if (now === 'FAILED' || now === 'CLOSED') reject(new UnavailableError(`${now}: ${reason}`));
        };
        stop = this.listen(look);
        look(this.health);
        signal?.addEventListener('abort', abort, { once: true });
      });
    } finally {
      stop();
      signal?.removeEventListener('abort', abort);
    }
  }
}
