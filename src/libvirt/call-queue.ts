// Which calls may be on the way at once: so many in all, and of these so many long ones. The rest wait, in order, and a
// long one that has to wait does not hold up the short ones behind it.

export interface Queued {
  readonly long: boolean;
}

export interface QueueLimits {
  readonly callsInFlight: number;
  readonly longCallsInFlight: number;
  readonly callsWaiting: number;
}

export class CallQueue<T extends Queued> {
  #running = 0;
  #runningLong = 0;
  readonly #waiting = { short: new Set<T>(), long: new Set<T>() };

  constructor(private readonly limits: QueueLimits) {}

  /** 'START': send it now. 'WAIT': `finish` will hand it out. 'FULL': refused. */
  enter(call: T): 'START' | 'WAIT' | 'FULL' {
    const { short, long } = this.#waiting;
    const lane = call.long ? long : short;
    if (lane.size === 0 && this.#hasRoom(call.long)) {
      this.#start(call);
      return 'START';
    }
    if (short.size + long.size >= this.limits.callsWaiting) return 'FULL';
    lane.add(call);
    return 'WAIT';
  }

  /** A running call has been answered; answers the call to be sent instead, if one waits. */
  finish(call: T): T | undefined {
    this.#running--;
    if (call.long) this.#runningLong--;
    const { short, long } = this.#waiting;
    const next = this.#hasRoom(true) ? (first(long) ?? first(short)) : this.#hasRoom(false) ? first(short) : undefined;
    if (next === undefined) return undefined;
    this.leave(next);
    this.#start(next);
    return next;
  }

  /** A waiting call is given up. */
  leave(call: T): void {
    this.#waiting[call.long ? 'long' : 'short'].delete(call);
  }

  /** Every waiting call, which are then forgotten. */
  drain(): T[] {
    const { short, long } = this.#waiting;
    const waiting = [...short, ...long];
    short.clear();
    long.clear();
    return waiting;
  }

  #hasRoom(long: boolean): boolean {
    return this.#running < this.limits.callsInFlight && (!long || this.#runningLong < this.limits.longCallsInFlight);
  }

  #start(call: T): void {
    this.#running++;
    if (call.long) this.#runningLong++;
  }
}

function first<T>(items: Set<T>): T | undefined {
  for (const item of items) return item;
  return undefined;
}
