// How many operations run at once: on each host, and migrations out of and into each. First come, first served. Nothing is
// shared by hosts, so that one which does not answer holds up none of the others.

import { ON_HOST, type Operation } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';

interface Waiting {
  readonly places: readonly Place[];
  enter(): void;
  turnAway(reason: Error): void;
}

interface Place {
  readonly name: string;
  readonly limit: number;
}

/** Who is in a place, and who waits for it, in the order they came. */
interface Room {
  taken: number;
  readonly queue: Set<Waiting>;
}

export class Admission {
  private readonly rooms = new Map<string, Room>();
  private readonly waiting = new Set<Waiting>();

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
        turnAway: (reason) => {
          signal.removeEventListener('abort', onAbort);
          reject(reason);
        },
      };
      const onAbort = (): void => {
        this.withdraw(waiting);
        this.admit(places);
        reject(signal.reason as Error);
      };
      signal.addEventListener('abort', onAbort, { once: true });
      this.waiting.add(waiting);
      for (const place of places) this.room(place).queue.add(waiting);
      if (this.mayEnter(waiting)) this.let(waiting);
    });
  }

  /** All that wait; who is in a place stays there. */
  turnAway(reason: Error): void {
    for (const waiting of [...this.waiting]) {
      this.withdraw(waiting);
      waiting.turnAway(reason);
    }
  }

  private leave(places: readonly Place[]): void {
    for (const place of places) this.room(place).taken -= 1;
    this.admit(places);
  }

  /** Whoever is next for one of these places. Who goes in lets those behind come first in its other places, too. */
  private admit(places: readonly Place[]): void {
    const changed = [...places];
    for (let place = changed.pop(); place !== undefined; place = changed.pop()) {
      const room = this.room(place);
      const [first] = room.queue;
      if (first !== undefined && this.mayEnter(first)) {
        this.let(first);
        changed.push(...first.places);
      }
      if (room.taken === 0 && room.queue.size === 0) this.rooms.delete(place.name);
    }
  }

  /** One that must wait holds up only those behind it that want the same place. */
  private mayEnter(waiting: Waiting): boolean {
    return waiting.places.every((place) => {
      const { taken, queue } = this.room(place);
      const [first] = queue;
      return first === waiting && taken < place.limit;
    });
  }

  private let(waiting: Waiting): void {
    this.withdraw(waiting);
    for (const place of waiting.places) this.room(place).taken += 1;
    waiting.enter();
  }

  private withdraw(waiting: Waiting): void {
    this.waiting.delete(waiting);
    for (const place of waiting.places) this.room(place).queue.delete(waiting);
  }

  private room({ name }: Place): Room {
    let room = this.rooms.get(name);
    if (room === undefined) {
      room = { taken: 0, queue: new Set() };
      this.rooms.set(name, room);
    }
    return room;
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
