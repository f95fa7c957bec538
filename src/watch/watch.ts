// All watchers: what is committed is told to them, the ones that take nothing are cut off, and all are ended with the service.

import type { Authority } from '../authority/authority.js';
import type { Clock } from '../ports/clock.js';
import type { Inventory } from '../ports/inventory.js';
import { Audience } from './audience.js';
import { type LogPageLimits, LogPages } from './log-pages.js';
import { Ring, type RingLimits } from './ring.js';
import type { Topic } from './topic.js';
import { WatchEnd } from './watch-end.js';
import { type Taker, Watcher, type WatchRequest } from './watcher.js';

export interface WatchLimits extends RingLimits, LogPageLimits {
  readonly maxAnswerBytes: number;
  readonly maxWatchers: number;
  readonly blockedMs: number;
  /** How often all watchers are looked at for one that is blocked, or has been told nothing for its interval. */
  readonly lookMs: number;
  /** The longest that news are held back under load. */
  readonly restMs: number;
}

export interface WatchParts {
  readonly authority: Authority;
  readonly inventory: Pick<Inventory, 'readLog' | 'logBounds'>;
  readonly clock: Clock;
  readonly limits: WatchLimits;
}

/** A watcher of whatever topic. */
type AnyWatcher = Pick<Watcher<never>, 'advance' | 'look' | 'end' | 'because'>;

const RESTS_PER_TELLING = 2;

export class Watches {
  private readonly ring: Ring;
  private readonly pages: LogPages;
  private readonly watchers = new Set<AnyWatcher>();
  /** By topic and filter. */
  private readonly audiences = new Map<string, Audience<unknown>>();
  private readonly subscriptions: readonly (() => void)[];
  private telling = false;
  private restUntilMs = 0;
  private stopResting = (): void => {};
  private stopLooking: (() => void) | undefined;
  private closed = false;

  constructor(private readonly parts: WatchParts) {
    const { authority, inventory, limits } = parts;
    this.ring = new Ring(authority.revision, limits);
    this.pages = new LogPages(inventory, limits);
    this.subscriptions = [
      authority.onCommit((entries) => {
        this.ring.append(entries);
        this.tellSoon();
      }),
      authority.onReload((revision) => {
        this.ring.restart(revision);
        this.tellSoon();
      }),
    ];
  }

  get count(): number {
    return this.watchers.size;
  }

  /** Ends every watch with SHUTTING_DOWN and its place. */
  close(): void {
    this.closed = true;
    for (const unsubscribe of this.subscriptions) unsubscribe();
    this.stopLooking?.();
    this.stopResting();
    for (const watcher of this.watchers) watcher.end(watcher.because('SHUTTING_DOWN', 'the server is shutting down'));
  }

  /** Gives the taker encoded answers until the signal aborts. Rejects with a WatchEnd where it cannot go on. */
  async watch<F>(topic: Topic<F>, request: WatchRequest<F>, taker: Taker, signal: AbortSignal): Promise<void> {
    const { watchers } = this;
    if (watchers.size >= this.parts.limits.maxWatchers) {
      throw new WatchEnd('TOO_MANY_WATCHERS', `there are ${watchers.size} watchers already`, request.startRevision);
    }
    if (this.closed) throw new WatchEnd('SHUTTING_DOWN', 'the server is shutting down', request.startRevision);
    const key = `${topic.kind} ${topic.keyOf(request.filter)}`;
    const audience = this.audienceOf(key, topic, request.filter);
    const { ring, pages } = this;
    const watcher = new Watcher({ ...this.parts, ring, pages }, audience, request, taker);
    watchers.add(watcher);
    audience.watchers++;
    this.lookLater();
    try {
      await watcher.run(signal);
    } finally {
      watchers.delete(watcher);
      if (--audience.watchers === 0) this.audiences.delete(key);
    }
  }

  private audienceOf<F>(key: string, topic: Topic<F>, filter: F): Audience<F> {
    const known = this.audiences.get(key) as Audience<F> | undefined;
    if (known !== undefined) return known;
    const audience = new Audience(topic, filter, this.parts.limits.maxAnswerBytes);
    this.audiences.set(key, audience);
    return audience;
  }

  /**
   * After those who wait for the commit were answered, however many watch. Under load telling takes a third of the time at
   * most: what is committed while it rests is told at once, which costs each watcher one answer instead of many.
   */
  private tellSoon(): void {
    if (this.telling) return;
    this.telling = true;
    const restMs = this.restUntilMs - this.parts.clock.monotonicMs();
    if (restMs <= 0) setImmediate(() => this.tell());
    else this.stopResting = this.parts.clock.after(restMs, () => this.tell());
  }

  private tell(): void {
    const { clock, limits } = this.parts;
    const sinceMs = clock.monotonicMs();
    this.telling = false;
    for (const watcher of this.watchers) watcher.advance();
    // By then the transport has written what it was given.
    setImmediate(() => {
      const nowMs = clock.monotonicMs();
      this.restUntilMs = nowMs + Math.min((nowMs - sinceMs) * RESTS_PER_TELLING, limits.restMs);
    });
  }

  private lookLater(): void {
    const { clock, limits } = this.parts;
    this.stopLooking ??= clock.after(limits.lookMs, () => {
      this.stopLooking = undefined;
      const nowMs = clock.monotonicMs();
      for (const watcher of this.watchers) watcher.look(nowMs, limits.blockedMs);
      if (this.watchers.size > 0 && !this.closed) this.lookLater();
    });
  }
}
