// Lets so many at a time begin something, first come, first served. A turn ends by itself after a while, so that whoever
// gets no answer holds up nobody behind: what is bounded is the rush, not the waiting.

import type { Clock } from '../ports/clock.js';

export class Turns {
  private readonly waiting = new Set<() => void>();
  private taken = 0;

  constructor(
    private readonly clock: Pick<Clock, 'after'>,
    private readonly atOnce: number,
    private readonly longestMs: number,
  ) {}

  /** Resolves, with the function that ends the turn, when it begins; or when the signal aborts. */
  take(signal: AbortSignal): Promise<() => void> {
    return new Promise((resolve) => {
      const begin = (): void => {
        signal.removeEventListener('abort', leave);
        this.waiting.delete(begin);
        resolve(this.begun());
      };
      const leave = (): void => {
        this.waiting.delete(begin);
        resolve(() => undefined);
      };
      if (signal.aborted) leave();
      else if (this.taken < this.atOnce) begin();
      else {
        this.waiting.add(begin);
        signal.addEventListener('abort', leave, { once: true });
      }
    });
  }

  /** The function that ends the turn, or undefined where it would have to be waited for. */
  takeNow(): (() => void) | undefined {
    return this.taken < this.atOnce ? this.begun() : undefined;
  }

  private begun(): () => void {
    this.taken += 1;
    let over = false;
    const end = (): void => {
      if (over) return;
      over = true;
      stopTimer();
      this.taken -= 1;
      const [next] = this.waiting;
      next?.();
    };
    const stopTimer = this.clock.after(this.longestMs, end);
    return end;
  }
}
