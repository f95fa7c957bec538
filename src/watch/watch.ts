// One watcher's way: the initial state, what it missed (from the ring, or from the log where it is older), then the news.
// It pulls: a slow watcher holds one answer and a cursor, and delays nobody.

import type { Authority } from '../authority/authority.js';
import type { Clock } from '../ports/clock.js';
import { type Inventory, InventoryError, type LogEntry } from '../ports/inventory.js';
import { Ring, type RingLimits } from './ring.js';
import { initialEvents, type Topic } from './topic.js';

export type WatchEndKind = 'REVISION_COMPACTED' | 'REVISION_FUTURE' | 'TOO_MANY_WATCHERS' | 'SHUTTING_DOWN';

/** Why a watch cannot begin or go on, and where to go on. */
export class WatchEnd extends Error {
  override readonly name = 'WatchEnd';
  constructor(
    readonly kind: WatchEndKind,
    message: string,
    /** REVISION_COMPACTED: the oldest kept. REVISION_FUTURE: the latest there is. Else where this watcher was. */
    readonly revision: number,
  ) {
    super(message);
  }
}

export interface WatchLimits extends RingLimits {
  readonly maxWatchers: number;
  readonly blockedMs: number;
  readonly logPage: number;
}

export interface WatchRequest<F> {
  /** Changes after this; 0: from now. Checked by the caller not to be negative. */
  readonly startRevision: number;
  readonly sendInitial: boolean;
  readonly filter: F;
  readonly progressMs: number;
}

export interface WatchParts {
  readonly authority: Authority;
  readonly inventory: Pick<Inventory, 'readLog' | 'logBounds'>;
  readonly clock: Clock;
  readonly limits: WatchLimits;
}

export class Watches {
  private readonly ring: Ring;
  private readonly closing = new AbortController();
  private readonly unsubscribe: () => void;
  private watchers = 0;

  constructor(private readonly parts: WatchParts) {
    this.ring = new Ring(parts.authority.fleet.revision, parts.limits);
    this.unsubscribe = parts.authority.onCommit((entries) => this.ring.append(entries));
  }

  get count(): number {
    return this.watchers;
  }

  /** Ends every watch with SHUTTING_DOWN and its place. */
  close(): void {
    this.unsubscribe();
    this.closing.abort();
  }

  /**
   * Encoded answers until the signal aborts. Ends with a WatchEnd. tooSlow is called when an answer was not taken for
   * blockedMs, so that the transport can be ended, which alone frees a generator that nobody pulls.
   */
  async *watch<F>(
    topic: Topic<F>,
    request: WatchRequest<F>,
    signal: AbortSignal,
    tooSlow: (revision: number) => void,
  ): AsyncGenerator<Uint8Array> {
    if (this.watchers >= this.parts.limits.maxWatchers) {
      throw new WatchEnd('TOO_MANY_WATCHERS', `there are ${this.watchers} watchers already`, request.startRevision);
    }
    this.watchers++;
    const watcher = new Watcher(this.parts, this.ring, topic, request);
    try {
      for await (const answer of watcher.answers(signal, this.closing.signal)) {
        const taken = new AbortController();
        this.parts.clock.sleep(this.parts.limits.blockedMs, taken.signal).then(
          () => tooSlow(watcher.revision),
          () => {},
        );
        try {
          yield answer;
        } finally {
          taken.abort();
        }
      }
    } finally {
      this.watchers--;
    }
  }
}

class Watcher<F> {
  private cursor = 0;
  private readonly filterKey: string;
  private waiting: AbortController | undefined;
  private news: Promise<void> | undefined;
  private answeredMs = 0;

  constructor(
    private readonly parts: WatchParts,
    private readonly ring: Ring,
    private readonly topic: Topic<F>,
    private readonly request: WatchRequest<F>,
  ) {
    this.filterKey = topic.keyOf(request.filter);
  }

  /** As of which it has told everything. */
  get revision(): number {
    return this.cursor;
  }

  end(kind: WatchEndKind, message: string, revision = this.cursor): WatchEnd {
    return new WatchEnd(kind, `${message}; revision ${revision}`, revision);
  }

  async *answers(signal: AbortSignal, closing: AbortSignal): AsyncGenerator<Uint8Array> {
    for await (const answer of this.steps(signal, closing)) {
      yield answer;
      this.answeredMs = this.parts.clock.monotonicMs();
    }
  }

  private async *steps(signal: AbortSignal, closing: AbortSignal): AsyncGenerator<Uint8Array> {
    const ended = AbortSignal.any([signal, closing]);
    ended.addEventListener('abort', () => this.waiting?.abort(), { once: true });
    yield* this.begin();
    let synced = false;
    while (!ended.aborted) {
      if (this.cursor < this.ring.oldestRevision) yield* this.fromLog();
      else if (this.cursor < this.ring.lastRevision) yield* this.fromRing();
      else if (!synced) {
        synced = true;
        yield this.notice('synced');
      } else {
        // News that the filter drops is no answer: whoever hears nothing is told how far the log has come.
        const quietMs = this.parts.clock.monotonicMs() - this.answeredMs;
        if (quietMs >= this.request.progressMs) yield this.notice('progress');
        else await this.newsWithin(this.request.progressMs - quietMs, ended);
      }
    }
    if (!signal.aborted) throw this.end('SHUTTING_DOWN', 'the server is shutting down');
  }

  /** Sets the cursor; sends the state as of it where that was asked for. */
  private async *begin(): AsyncGenerator<Uint8Array> {
    const { startRevision, sendInitial, filter } = this.request;
    if (!sendInitial) {
      const { revision } = await this.parts.authority.read(() => undefined);
      if (startRevision > revision) {
        throw this.end('REVISION_FUTURE', `there is no revision ${startRevision} yet`, revision);
      }
      this.cursor = startRevision === 0 ? revision : startRevision;
      return;
    }
    const { value, revision } = await this.parts.authority.read((fleet) => initialEvents(this.topic, filter, fleet));
    this.cursor = revision;
    if (value.length > 0) yield* this.ring.join(this.topic, value);
  }

  private async *fromRing(): AsyncGenerator<Uint8Array> {
    const { topic, ring } = this;
    const { filter } = this.request;
    const batch = ring.next(this.cursor);
    if (batch === undefined) return;
    const whole = batch.after >= this.cursor;
    const answers = whole
      ? ring.answers(topic, filter, this.filterKey, batch)
      : ring.make(
          topic,
          filter,
          batch.entries.filter((entry) => entry.revision > this.cursor),
          batch.last,
        );
    yield* answers;
    this.cursor = batch.last;
  }

  private async *fromLog(): AsyncGenerator<Uint8Array> {
    const { inventory, limits } = this.parts;
    let entries: readonly LogEntry[];
    try {
      entries = await inventory.readLog(this.cursor, limits.logPage);
    } catch (error) {
      if (!(error instanceof InventoryError && error.kind === 'COMPACTED')) throw error;
      const { oldestRevision } = await inventory.logBounds();
      throw this.end('REVISION_COMPACTED', `changes after ${this.cursor} are not kept any more`, oldestRevision);
    }
    const last = entries.at(-1)?.revision;
    if (last === undefined) return;
    yield* this.ring.make(this.topic, this.request.filter, entries, last);
    this.cursor = last;
  }

  private notice(type: 'synced' | 'progress'): Uint8Array {
    const event = { type, revision: this.cursor } as const;
    return Buffer.concat([this.topic.encodeEvent(event), this.topic.encodeTail(this.cursor, true)]);
  }

  /** Until something beyond the cursor is there, the time is over, or the watch is to end. */
  private async newsWithin(ms: number, ended: AbortSignal): Promise<void> {
    if (ended.aborted) return;
    this.waiting = new AbortController();
    const quiet = this.parts.clock.sleep(ms, this.waiting.signal).catch(() => {});
    // One wait for news lasts over any number of quiet intervals.
    this.news ??= this.ring.beyond(this.cursor).then(() => {
      this.news = undefined;
    });
    try {
      await Promise.race([this.news, quiet]);
    } finally {
      this.waiting.abort();
    }
  }
}
