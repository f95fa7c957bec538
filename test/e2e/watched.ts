// Everything a watcher is told from its start on, kept and checked: revisions rise, nothing comes twice.

import assert from 'node:assert/strict';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { GuestEvent } from '#gen/virtdc/v1/watch.js';
import type { VirtdcClient } from '../../src/client/connect.js';
import { eventually } from '../eventually.js';

export class Watched {
  readonly events: GuestEvent[] = [];
  /** As the watcher knows them. */
  readonly guests = new Map<string, Guest>();
  private readonly leaving = new AbortController();
  private readonly reading: Promise<void>;
  private failure: Error | undefined;

  constructor(client: VirtdcClient) {
    this.reading = this.read(client).catch((error: unknown) => {
      if (!this.leaving.signal.aborted) this.failure = error as Error;
    });
  }

  private async read(client: VirtdcClient): Promise<void> {
    const { signal } = this.leaving;
    let last = 0n;
    for await (const { events } of client.guests.watchGuests({ sendInitial: true }, { signal })) {
      for (const event of events) {
        if (event.event?.$case === 'upserted') this.guests.set(event.event.value.vmid, event.event.value);
        if (event.event?.$case === 'deleted') this.guests.delete(event.event.value.vmid);
        if (event.event?.$case !== 'progress' && event.revision !== 0n) {
          assert.ok(event.revision >= last, `revision ${event.revision} after ${last}`);
          last = event.revision;
        }
        this.events.push(event);
      }
    }
  }

  /** The first event after `from` that is as wanted. */
  async event(wanted: (event: GuestEvent) => boolean, from = 0): Promise<GuestEvent> {
    return await eventually('the watcher is told', () => {
      if (this.failure !== undefined) throw this.failure;
      return this.events.slice(from).find(wanted);
    });
  }

  /** The states a guest went through, without repetitions. */
  statesOf(vmid: string, from = 0): string[] {
    const states = this.events.slice(from).flatMap(({ event }) => {
      if (event?.$case === 'upserted' && event.value.vmid === vmid)
        return [event.value.state.replace('GUEST_STATE_', '')];
      if (event?.$case === 'deleted' && event.value.vmid === vmid)
        return [event.value.reason.replace('DELETE_REASON_', '')];
      return [];
    });
    return states.filter((state, index) => state !== states[index - 1]);
  }

  async stop(): Promise<void> {
    this.leaving.abort();
    await this.reading;
    if (this.failure !== undefined) throw this.failure;
  }
}
