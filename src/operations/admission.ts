// How many operations run at once: on each host, and migrations out of and into each. First come, first served. Nothing is
// shared by hosts, so that one which does not answer holds up none of the others.

import { ON_HOST, type Operation } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';

interface Waiting {
  readonly places: readonly Place[];
  readonly enter: () => void;
}

interface Place {
  readonly name: string;
  readonly limit: number;
}

export class Admission {
  private readonly taken = new Map<string, number>();
  private readonly waiting: Waiting[] = [];

  /** `hostname`: where the operation acts. Resolves, when there is a place, with the function that gives it back. */
  enter(operation: Operation, hostname: string, signal: AbortSignal): Promise<() => void> {
    const places = placesOf(operation, hostname);
    return new Promise((resolve, reject) => {
      signal.throwIfAborted();
      const waiting: Waiting = {
        places,
        enter: () => {
          signal.removeEventListener('abort', onAbort);
          resolve(() => this.leave(places));
        },
      };
      const onAbort = (): void => {
        this.waiting.splice(this.waiting.indexOf(waiting), 1);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.push(waiting);
      this.admit();
    });
  }

  private leave(places: readonly Place[]): void {
    for (const { name } of places) this.taken.set(name, (this.taken.get(name) ?? 0) - 1);
    this.admit();
  }

  /** One that must wait holds up only those behind it that want the same place. */
  private admit(): void {
    const wanted = new Set<string>();
    for (const waiting of [...this.waiting]) {
      const free = waiting.places.every(({ name, limit }) => !wanted.has(name) && (this.taken.get(name) ?? 0) < limit);
      for (const { name } of waiting.places) {
        if (free) this.taken.set(name, (this.taken.get(name) ?? 0) + 1);
        else wanted.add(name);
      }
      if (!free) continue;
      this.waiting.splice(this.waiting.indexOf(waiting), 1);
      waiting.enter();
    }
  }
}

/** What only waits for its parts needs no place. */
function placesOf(operation: Operation, hostname: string): readonly Place[] {
  const { input } = operation;
  if (input.kind === 'MIGRATE_GUEST') {
    return [
      { name: `out ${input.sourceHost}`, limit: LIMITS.migrationsOutPerHost },
      { name: `in ${input.destHost}`, limit: LIMITS.migrationsInPerHost },
    ];
  }
  const waitsForMove = (input.kind === 'SCALE_CPU' || input.kind === 'SCALE_MEMORY') && input.move !== '';
  const onlyWaits = waitsForMove || ON_HOST.has(input.kind);
  return onlyWaits ? [] : [{ name: `on ${hostname}`, limit: LIMITS.operationsAtOncePerHost }];
}
