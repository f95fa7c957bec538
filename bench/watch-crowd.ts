// A process of its own for the watchers, so that what they cost is on nobody's account: told by messages what to watch.

import { BlindWatchers, type Watched } from './blind-watchers.js';

export type Order =
  | { readonly do: 'open'; readonly watched: Watched; readonly request: string; readonly count: number }
  | { readonly do: 'hear'; readonly events: number; readonly quietMs: number }
  | { readonly do: 'stall' }
  | { readonly do: 'close' };

export interface Summary {
  readonly events: number;
  readonly ended: number;
  readonly tookMs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

let watchers: BlindWatchers | undefined;

async function obey(order: Order): Promise<Summary | undefined> {
  switch (order.do) {
    case 'open':
      watchers = await BlindWatchers.open(
        { ...order.watched, request: Buffer.from(order.request, 'hex') },
        order.count,
      );
      return undefined;
    case 'hear': {
      if (watchers === undefined) throw new Error('nobody watches');
      const { events, tookMs, lagsMs } = await watchers.hear(order.events, order.quietMs);
      const sorted = lagsMs.sort();
      const at = (share: number): number =>
        sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
      return { events, ended: watchers.ended, tookMs, p50Ms: at(0.5), p99Ms: at(0.99) };
    }
    case 'stall':
      watchers?.stall();
      return undefined;
    case 'close':
      watchers?.close();
      watchers = undefined;
      return undefined;
  }
}

process.on('message', (order: Order) => {
  obey(order).then(
    (summary) => process.send?.({ summary }),
    (error: unknown) => process.send?.({ failed: String(error) }),
  );
});
