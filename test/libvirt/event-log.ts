// Events of a daemon, kept so that a test can wait for one that has come or will come.

import type { DomainEvent } from '../../src/libvirt/client.js';

/** Events of one host, to be waited for. */
export class EventLog {
  readonly seen: DomainEvent[] = [];
  #wakers: (() => void)[] = [];

  readonly add = (event: DomainEvent): void => {
    this.seen.push(event);
    for (const wake of this.#wakers.splice(0)) wake();
  };

  async until<K extends DomainEvent['kind']>(
    kind: K,
    uuid: string,
    wanted: (event: Extract<DomainEvent, { kind: K }>) => boolean = () => true,
  ): Promise<Extract<DomainEvent, { kind: K }>> {
    for (;;) {
      const found = this.seen.find(
        (event): event is Extract<DomainEvent, { kind: K }> =>
          event.kind === kind && event.domain.uuid === uuid && wanted(event as never),
      );
      if (found) return found;
      await new Promise<void>((resolve) => this.#wakers.push(resolve));
    }
  }
}
