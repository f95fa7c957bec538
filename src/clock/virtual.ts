// A clock that stands still until it is told to move: the time of simulations and of tests. Timers fire in the order of
// their times, ties in the order in which they were set, so that the same run happens the same way every time.

import { type Clock, DeadlineError } from '../ports/clock.js';

interface Timer {
  readonly atMs: number;
  /** Breaks ties. */
  readonly order: number;
  readonly fire: () => void;
  cancelled: boolean;
}

function isBefore(a: Timer, b: Timer): boolean {
  return a.atMs < b.atMs || (a.atMs === b.atMs && a.order < b.order);
}

/**
 * Times are whole parts of a millisecond, so that sums and differences of them are exact: whoever sleeps for what is left
 * of an interval finds it over afterwards, and not a rounding error short of it at the same time for ever.
 */
const PARTS_OF_A_MS = 1_024;

function onGrid(ms: number): number {
  return Math.ceil(ms * PARTS_OF_A_MS) / PARTS_OF_A_MS;
}

/** A binary heap: the next timer is always first. */
class TimerQueue {
  private readonly heap: Timer[] = [];

  push(timer: Timer): void {
    const heap = this.heap;
    let at = heap.push(timer) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (isBefore(heap[parent] as Timer, timer)) break;
      heap[at] = heap[parent] as Timer;
      at = parent;
    }
    heap[at] = timer;
  }

  /** The next timer that was not cancelled. */
  peek(): Timer | undefined {
    while (this.heap[0]?.cancelled === true) this.pop();
    return this.heap[0];
  }

  pop(): void {
    const heap = this.heap;
    const last = heap.pop();
    if (last === undefined || heap.length === 0) return;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      const left = heap[child];
      if (left === undefined) break;
      const right = heap[child + 1];
      if (right !== undefined && isBefore(right, left)) child += 1;
      if (isBefore(last, heap[child] as Timer)) break;
      heap[at] = heap[child] as Timer;
      at = child;
    }
    heap[at] = last;
  }
}

/** Lets every promise that can go on do so: the next tick comes once none of them can. */
function settle(): Promise<void> {
  return new Promise((resolve) => process.nextTick(resolve));
}

/** Lets the event loop turn too, for all that waits for its next turn, which costs more. */
function takeTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

const TIMERS_A_TURN = 8;

export class VirtualClock implements Clock {
  private readonly timers = new TimerQueue();
  private elapsedMs = 0;
  private timersSet = 0;
  private timersFired = 0;

  constructor(private readonly startsAt: Date = new Date('2030-01-01T00:00:00.000Z')) {}

  now(): Date {
    return new Date(this.startsAt.getTime() + Math.floor(this.elapsedMs));
  }

  monotonicMs(): number {
    return this.elapsedMs;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise<void>((resolve, reject) => {
      if (signal?.aborted === true) {
        reject(signal.reason as Error);
        return;
      }
      const abort = () => {
        timer.cancelled = true;
        reject(signal?.reason as Error);
      };
      const timer = this.set(ms, () => {
        signal?.removeEventListener('abort', abort);
        resolve();
      });
      signal?.addEventListener('abort', abort, { once: true });
    });
  }

  deadline(ms: number): AbortSignal {
    const controller = new AbortController();
    this.set(ms, () => controller.abort(new DeadlineError(ms)));
    return controller.signal;
  }

  after(ms: number, callback: () => void): () => void {
    const timer = this.set(ms, callback);
    return () => {
      timer.cancelled = true;
    };
  }

  /** Moves time on by ms; what falls due on the way happens at its own time, with all that follows from it. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.elapsedMs + ms;
    await takeTurn();
    while (await this.step(untilMs));
    this.elapsedMs = untilMs;
  }

  /** Moves time on, timer by timer, until the promise settles; rejects if that takes more than withinMs. */
  async until<T>(promise: Promise<T>, withinMs = 3_600_000): Promise<T> {
    let settled = false;
    const mark = () => {
      settled = true;
    };
    promise.then(mark, mark);
    const untilMs = this.elapsedMs + withinMs;
    await takeTurn();
    while (!settled) {
      if (!(await this.step(untilMs))) {
        if (settled) break;
        throw new DeadlineError(withinMs);
      }
    }
    return promise;
  }

  /** Fires the next timer due by then, and lets all that follows from it happen; false if there is none. */
  private async step(untilMs: number): Promise<boolean> {
    const timer = this.timers.peek();
    if (timer === undefined || timer.atMs > untilMs) return false;
    this.timers.pop();
    this.elapsedMs = Math.max(this.elapsedMs, timer.atMs);
    timer.fire();
    this.timersFired += 1;
    await (this.timersFired % TIMERS_A_TURN === 0 ? takeTurn() : settle());
    return true;
  }

  private set(ms: number, fire: () => void): Timer {
    const timer = { atMs: onGrid(this.elapsedMs + Math.max(0, ms)), order: this.timersSet++, fire, cancelled: false };
    this.timers.push(timer);
    return timer;
  }
}
