// One watcher's way: the initial state, what it missed (from the ring, or from the log where it is older), then the news.
// One answer is on its way at a time, and the next one holds everything committed meanwhile: whoever is slow gets fewer and
// larger answers, holds one of them and a cursor, and delays nobody.

import type { Authority } from '../authority/authority.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import { type Inventory, InventoryError } from '../ports/inventory.js';
import type { Audience } from './audience.js';
import type { InitialState } from './initial-state.js';
import type { LogPages } from './log-pages.js';
import type { Ring } from './ring.js';
import { WatchEnd, type WatchEndKind } from './watch-end.js';

export interface WatchRequest<F> {
  /** Changes after this; 0: from now. Checked by the caller not to be negative. */
  readonly startRevision: number;
  readonly sendInitial: boolean;
  readonly filter: F;
  readonly progressMs: number;
}

/** Where a watcher's answers go. */
export interface Taker {
  /** Calls `taken`, later, once it has room for the next answer; before that it is given none. */
  send(answer: Uint8Array, taken: () => void): void;
  /** Ends the transport at once: it has taken nothing for so long that an end in order would wait, too. */
  cut(): void;
}

export interface WatcherParts {
  readonly authority: Authority;
  readonly inventory: Pick<Inventory, 'logBounds'>;
  readonly clock: Clock;
  readonly ring: Ring;
  readonly pages: LogPages;
}

export class Watcher<F> {
  private cursor: number;
  private initial: { readonly state: InitialState<F>; sent: number } | undefined;
  private synced = false;
  private doing: 'BEGINNING' | 'NOTHING' | 'SENDING' | 'READING' | 'ENDED' = 'BEGINNING';
  /** Of the last answer. */
  private sentMs: number;
  private settle: { readonly resolve: () => void; readonly reject: (error: unknown) => void } | undefined;

  constructor(
    private readonly parts: WatcherParts,
    private readonly audience: Audience<F>,
    private readonly request: WatchRequest<F>,
    private readonly taker: Taker,
  ) {
    this.cursor = request.startRevision;
    this.sentMs = parts.clock.monotonicMs();
  }

  /** Until the signal aborts. Rejects with a WatchEnd, or with what kept it from reading. */
  run(signal: AbortSignal): Promise<void> {
    const leave = (): void => this.end();
    const ended = new Promise<void>((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    if (signal.aborted) leave();
    else signal.addEventListener('abort', leave, { once: true });
    this.begin().catch((error: unknown) => this.end(error));
    return ended.finally(() => signal.removeEventListener('abort', leave));
  }

  /** Sends what there is to send, unless it is at something. Whatever fails in it is this watcher's end only. */
  advance(): void {
    try {
      while (this.doing === 'NOTHING' && this.sendNext());
    } catch (error) {
      this.end(error);
    }
  }

  /** To be called now and then: cuts off who takes nothing, tells who is told nothing how far the log has come. */
  look(nowMs: number, blockedMs: number): void {
    const quietMs = nowMs - this.sentMs;
    if (this.doing === 'SENDING' && quietMs >= blockedMs) {
      this.end(this.because('WATCH_BLOCKED', `nothing was taken for ${blockedMs} ms`));
      this.taker.cut();
    } else if (this.doing === 'NOTHING' && quietMs >= this.request.progressMs) {
      this.send(this.audience.notice('progress', this.cursor));
    }
  }

  end(error?: unknown): void {
    if (this.doing === 'ENDED') return;
    this.doing = 'ENDED';
    if (this.initial !== undefined) this.audience.letGo(this.initial.state);
    if (error === undefined) this.settle?.resolve();
    else this.settle?.reject(error);
  }

  /** With the place to go on at, after all that was sent; 0 in the middle of the initial state. */
  because(kind: WatchEndKind, message: string, revision?: number): WatchEnd {
    const place = revision ?? (this.initial === undefined ? this.cursor : 0);
    return new WatchEnd(kind, `${message}; revision ${place}`, place);
  }

  /** Sets the cursor, and takes the state as of it where that was asked for. */
  private async begin(): Promise<void> {
    const { authority, ring } = this.parts;
    const { startRevision, sendInitial } = this.request;
    if (sendInitial) {
      const state = await this.audience.takeState(authority, ring);
      this.cursor = state.revision;
      this.initial = { state, sent: 0 };
      if (this.hasEnded()) this.audience.letGo(state);
    } else {
      const { revision } = await authority.read(() => undefined);
      if (startRevision > revision && !(await this.comes(startRevision))) {
        throw this.because('REVISION_FUTURE', `there is no revision ${startRevision} yet`, revision);
      }
      if (startRevision === 0) this.cursor = revision;
    }
    this.free();
  }

  /** Who follows may be a moment behind whoever told the revision. */
  private async comes(revision: number): Promise<boolean> {
    const { authority, clock } = this.parts;
    if (authority.leads) return false;
    return authority.reached(revision, clock.deadline(LIMITS.followerBehindMs)).then(
      () => true,
      () => false,
    );
  }

  /** False if there is nothing to tell. */
  private sendNext(): boolean {
    const { ring } = this.parts;
    if (this.initial !== undefined) this.sendState(this.initial);
    else if (this.cursor < ring.oldestRevision) {
      this.doing = 'READING';
      this.readLog().catch((error: unknown) => this.end(error));
    } else if (this.cursor < ring.lastRevision) {
      const { bytes, to } = this.audience.fromRing(ring, this.cursor);
      this.cursor = to;
      if (bytes !== undefined) this.send(bytes);
    } else if (!this.synced) {
      this.synced = true;
      this.send(this.audience.notice('synced', this.cursor));
    } else return false;
    return true;
  }

  private sendState(initial: { readonly state: InitialState<F>; sent: number }): void {
    const answer = initial.state.answer(initial.sent++);
    if (answer !== undefined) this.send(answer);
    else {
      this.initial = undefined;
      this.audience.letGo(initial.state);
    }
  }

  private async readLog(): Promise<void> {
    const { pages, inventory } = this.parts;
    try {
      const stretch = await pages.after(this.cursor);
      const { bytes, to } = this.audience.from([stretch], this.cursor);
      this.cursor = to;
      if (bytes === undefined) this.free();
      else if (!this.hasEnded()) this.send(bytes);
    } catch (error) {
      if (!(error instanceof InventoryError)) throw error;
      if (error.kind !== 'COMPACTED') throw this.because('UNAVAILABLE', `the log cannot be read now: ${error.kind}`);
      const { oldestRevision } = await inventory.logBounds();
      throw this.because('REVISION_COMPACTED', `changes after ${this.cursor} are not kept any more`, oldestRevision);
    }
  }

  private send(answer: Uint8Array): void {
    this.doing = 'SENDING';
    this.sentMs = this.parts.clock.monotonicMs();
    this.taker.send(answer, this.taken);
  }

  private readonly taken = (): void => this.free();

  private free(): void {
    if (this.hasEnded()) return;
    this.doing = 'NOTHING';
    this.advance();
  }

  private hasEnded(): boolean {
    return this.doing === 'ENDED';
  }
}
