// A bare connection to a host that only listens: when libvirt says that something happened to a domain.

import { connectLibvirt, type DomainEvent, type LibvirtConnection, parseLibvirtUri } from '../src/libvirt/client.js';
import { lab } from '../test/lab.js';

const DEADLINE_MS = 60_000;

type Lifecycle = Extract<DomainEvent, { kind: 'lifecycle' }>;

export class Listener {
  private readonly waiting = new Set<(event: Lifecycle, atMs: number) => void>();

  private constructor(private readonly connection: LibvirtConnection) {}

  static async at(host: string): Promise<Listener> {
    let listener: Listener | undefined;
    const connection = await connectLibvirt(parseLibvirtUri(await lab('uri', host, 'virtdc')), {
      events: ['lifecycle'],
      onEvent: (event) => {
        const atMs = performance.now();
        if (event.kind === 'lifecycle') for (const hear of listener?.waiting ?? []) hear(event, atMs);
      },
    });
    listener = new Listener(connection);
    return listener;
  }

  /** When (performance.now) the next event of that kind about the domain was heard. */
  next(name: string, event: number): Promise<number> {
    return new Promise((resolve, reject) => {
      const end = (): void => {
        clearTimeout(timer);
        this.waiting.delete(hear);
      };
      const hear = (heard: Lifecycle, atMs: number): void => {
        if (heard.domain.name !== name || heard.event !== event) return;
        end();
        resolve(atMs);
      };
      const timer = setTimeout(() => {
        end();
        reject(new Error(`no event ${event} of ${name} within ${DEADLINE_MS} ms`));
      }, DEADLINE_MS);
      this.waiting.add(hear);
    });
  }

  close(): void {
    this.connection.close();
  }
}
