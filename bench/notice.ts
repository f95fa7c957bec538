// A change in libvirt until a watcher of virtdc has it: virsh suspends and resumes a guest, a bare listener tells when.

import type { GuestState } from '#gen/virtdc/v1/guest.js';
import { LifecycleEvent } from '../src/libvirt/client.js';
import type { Datacenter } from '../test/e2e/datacenter.js';
import { virsh } from '../test/lab.js';
import { Listener } from './listener.js';
import { median, ms, quantile, type Row } from './table.js';

const GUEST = 'watched';
const CHANGES = 100;
/** Between two changes: so many that no two meet in one look at the host. */
const REST_MS = 200;

export async function notice(dc: Datacenter): Promise<readonly Row[]> {
  const { hostname } = await dc.submit(GUEST);
  const listener = await Listener.at(hostname);
  const leaving = new AbortController();
  const watcher = new Watcher(dc, leaving.signal);
  try {
    const took: number[] = [];
    for (let change = 0; change < CHANGES; change++) {
      const [word, event, state] =
        change % 2 === 0
          ? (['suspend', LifecycleEvent.SUSPENDED, 'GUEST_STATE_PAUSED'] as const)
          : (['resume', LifecycleEvent.RESUMED, 'GUEST_STATE_RUNNING'] as const);
      const told = watcher.next(state);
      const happened = listener.next(GUEST, event);
      await virsh(hostname, word, GUEST);
      took.push((await told) - (await happened));
      await new Promise((resolve) => setTimeout(resolve, REST_MS));
    }
    return [
      { what: 'until a watcher has a change in libvirt', cells: [ms(median(took)), ms(quantile(took, 0.99)), ''] },
    ];
  } finally {
    leaving.abort();
    await watcher.done;
    listener.close();
    await dc.terminate(GUEST);
  }
}

class Watcher {
  readonly done: Promise<void>;
  private hear: (state: GuestState, atMs: number) => void = () => {};
  private ended: (error: unknown) => void = () => {};

  constructor(dc: Datacenter, signal: AbortSignal) {
    this.done = this.read(dc, signal).catch((error: unknown) => {
      if (!signal.aborted) this.ended(error);
    });
  }

  /** When (performance.now) the guest is told to be in the state. */
  next(state: GuestState): Promise<number> {
    return new Promise((resolve, reject) => {
      this.ended = reject;
      this.hear = (told, atMs) => {
        if (told === state) resolve(atMs);
      };
    });
  }

  private async read(dc: Datacenter, signal: AbortSignal): Promise<void> {
    for await (const { events } of dc.client.guests.watchGuests({ filter: { vmids: [GUEST] } }, { signal })) {
      const atMs = performance.now();
      for (const { event } of events) if (event?.$case === 'upserted') this.hear(event.value.state, atMs);
    }
  }
}
