// Where the events of all hosts come together, for steps that want to know sooner than by looking.

import type { DomainEvent } from '../ports/hypervisor.js';

type Listener = (event: DomainEvent) => void;

export class HostEvents {
  private readonly followers = new Map<string, Set<Listener>>();

  /** Told of the domain's events on the host until stop(). Hints: events can be lost. */
  follow(hostname: string, uuid: string, listener: Listener): { stop(): void } {
    const key = `${hostname}/${uuid}`;
    const listeners = this.followers.get(key) ?? new Set();
    this.followers.set(key, listeners);
    listeners.add(listener);
    return {
      stop: () => {
        listeners.delete(listener);
        if (listeners.size === 0 && this.followers.get(key) === listeners) this.followers.delete(key);
      },
    };
  }

  publish(hostname: string, event: DomainEvent): void {
    for (const listener of this.followers.get(`${hostname}/${event.uuid}`) ?? []) listener(event);
  }
}
