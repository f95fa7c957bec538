// Listens to a host and keeps what it heard, for tests that wait for it.

import type { DomainEvent, HostListener, LifecycleEvent } from '../../src/ports/hypervisor.js';
import { eventually } from '../eventually.js';

export class EventLog implements HostListener {
  readonly events: DomainEvent[] = [];
  readonly connections: ('CONNECTED' | 'DISCONNECTED')[] = [];

  event(event: DomainEvent): void {
    this.events.push(event);
  }

  connected(): void {
    this.connections.push('CONNECTED');
  }

  disconnected(): void {
    this.connections.push('DISCONNECTED');
  }

  /** Begins anew: what was heard before does not count any more. */
  forget(): void {
    this.events.length = 0;
    this.connections.length = 0;
  }

  /** Waits until such an event has been heard since forget(). */
  hears(what: string, matches: (event: DomainEvent) => boolean): Promise<DomainEvent> {
    return eventually(`the event ${what}`, () => this.events.find(matches));
  }

  hearsLifecycle(uuid: string, lifecycle: LifecycleEvent): Promise<DomainEvent> {
    return this.hears(lifecycle, (e) => e.type === 'LIFECYCLE' && e.uuid === uuid && e.event === lifecycle);
  }
}
