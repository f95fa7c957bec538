// A watch that runs beside the demo: it shows each change as it comes, and holds the service to its promise that none
// is missed, none comes twice, and all come in order.

import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Invocation } from '../cli/invocation.js';
import { EventTeller } from '../cli/watching.js';
import { followGuests } from '../client/follow.js';
import { mustHold } from './discrepancy.js';

export class DemoWatch {
  events = 0;
  revision = 0n;
  resumes = 0;
  /** The hosts that each guest has been on, in order. */
  readonly paths = new Map<string, string[]>();
  private readonly present = new Set<string>();
  private readonly stopping = new AbortController();
  private readonly done: Promise<void>;
  private failure: Error | undefined;

  constructor(private readonly it: Invocation) {
    this.done = this.run().catch((error: Error) => {
      this.failure = error;
    });
  }

  private async run(): Promise<void> {
    const { client, out, size } = this.it;
    const teller = new EventTeller(size, out.paint);
    let cutOff = false;
    const onRetry = (): void => {
      cutOff = true;
    };
    const options = { signal: this.stopping.signal, onRetry };
    for await (const { events, anew } of followGuests(client.guests, options)) {
      if (cutOff) this.resumes++;
      cutOff = false;
      mustHold(!anew || this.revision === 0n, 'a watch that is cut off resumes where it was');
      for (const event of events) {
        if (event.event?.$case === 'upserted') this.see(event.event.value);
        else if (event.event?.$case === 'deleted') this.present.delete(event.event.value.vmid);
        else continue;
        mustHold(event.revision > this.revision, `revision ${event.revision} comes after ${this.revision}`);
        this.revision = event.revision;
        this.events++;
        const text = teller.guest(event, 'news');
        if (text !== '') out.line(out.paint.dim('  ┊') + text);
      }
    }
  }

  private see({ vmid, hostname }: Guest): void {
    this.present.add(vmid);
    const path = this.paths.get(vmid) ?? [];
    if (path.at(-1) !== hostname) this.paths.set(vmid, [...path, hostname]);
  }

  /** Waits until it has seen everybody go, and ends it. */
  async end(): Promise<void> {
    const deadline = performance.now() + 10_000;
    while (this.present.size > 0 && this.failure === undefined && performance.now() < deadline) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    await this.stop();
    if (this.failure !== undefined) throw this.failure;
    mustHold(
      this.present.size === 0,
      `the watch has seen every guest go; it still has ${[...this.present].join(', ')}`,
    );
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.done;
  }
}
