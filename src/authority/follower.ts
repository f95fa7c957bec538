// Follows whoever leads: takes what the log has as it grows, and tries for the lease once nobody holds it. It is woken by
// the database; a poll sees to it that a word that was lost only delays.

import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { Inventory, Lease } from '../ports/inventory.js';
import type { Copy } from './copy.js';
import type { HealthCell } from './health.js';
import type { LeaseKeeper } from './lease-keeper.js';
import type { RetentionPolicy } from './retention.js';
import { trouble } from './term.js';

export interface FollowerParts {
  readonly inventory: Inventory;
  readonly clock: Clock;
  readonly retention: RetentionPolicy;
  readonly copy: Copy;
  readonly lease: LeaseKeeper;
  readonly cell: HealthCell;
  readonly closing: AbortSignal;
}

export class Follower {
  /** A leader is believed in once it was seen to renew its lease: the one that is written down may be long dead. */
  private hasLeader = false;
  private requestsLearntMs = Number.NEGATIVE_INFINITY;

  constructor(private readonly parts: FollowerParts) {}

  /** Resolves with the last revision there was when the lease became ours; undefined if it is closed before. */
  async untilOurs(): Promise<number | undefined> {
    const { closing, cell } = this.parts;
    while (!closing.aborted) {
      try {
        const lease = await this.turn();
        if (lease !== undefined) return lease.lastRevision;
      } catch (error) {
        cell.set('UNAVAILABLE', trouble(error).message);
        await this.quietFor(LIMITS.leaseRetryMs);
      }
    }
    return undefined;
  }

  /** Catches up, and waits for news unless the lease is ours now. */
  private async turn(): Promise<Lease | undefined> {
    const { copy, lease, cell } = this.parts;
    if (!copy.isLoaded) await copy.load();
    const { lease: seen, isAlive } = await lease.look();
    await copy.catchUp(seen.lastRevision);
    await this.learnRequests();
    if (seen.remainingMs <= 0 || seen.holder === lease.holder) {
      const { ours, lease: taken } = await lease.take();
      if (ours) return taken;
    }
    this.hasLeader ||= isAlive;
    if (this.hasLeader) cell.set('FOLLOWING', `${seen.holder} leads under epoch ${seen.epoch}`);
    await this.follow(Math.min(seen.remainingMs + 1, LIMITS.leaseRetryMs));
    return undefined;
  }

  /** Takes news as it comes, for so long. */
  private async follow(ms: number): Promise<void> {
    const { copy, clock, closing } = this.parts;
    const untilMs = clock.monotonicMs() + ms;
    for (let leftMs = ms; leftMs > 0 && !closing.aborted; leftMs = untilMs - clock.monotonicMs()) {
      const revision = await this.newsWithin(leftMs);
      if (revision !== undefined) await copy.catchUp(revision);
    }
  }

  /** Now and then, so that there are few to be learnt at a takeover. */
  private async learnRequests(): Promise<void> {
    const { copy, clock, retention } = this.parts;
    const nowMs = clock.monotonicMs();
    if (nowMs - this.requestsLearntMs < LIMITS.followRequestsMs) return;
    await copy.learnRequests();
    copy.requests.forgetOlderThan(retention.requestIdKeptMs);
    this.requestsLearntMs = nowMs;
  }

  private async quietFor(ms: number): Promise<void> {
    const { clock, closing } = this.parts;
    await clock.sleep(ms, closing).catch(() => undefined);
  }

  /** The revision that the log is said to have reached; undefined if nothing was heard for so long. */
  private newsWithin(ms: number): Promise<number | undefined> {
    const { inventory, clock, copy, closing } = this.parts;
    return new Promise((resolve) => {
      const over = new AbortController();
      const end = (revision?: number): void => {
        stopTimer();
        closing.removeEventListener('abort', giveUp);
        over.abort();
        resolve(revision);
      };
      const giveUp = (): void => end();
      const stopTimer = clock.after(ms, giveUp);
      closing.addEventListener('abort', giveUp, { once: true });
      inventory.news(copy.revision, over.signal).then(end, () => {});
    });
  }
}
