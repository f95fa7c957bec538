// How long a guest stands still when it moves. It writes to its console 50 times a second; the longest silence of its
// consoles on both hosts is the blackout, whoever moves it.

import { watch } from 'node:fs';
import { join } from 'node:path';
import { LifecycleEvent } from '../src/libvirt/client.js';
import type { Datacenter } from '../test/e2e/datacenter.js';
import { hostsOf } from '../test/e2e/witness.js';
import { ctl, lab, labDir, virsh } from '../test/lab.js';
import { Listener } from './listener.js';
import { median, ms, quantile, type Row } from './table.js';

const GUEST = 'moving';
const ROUNDS = 8;
const [A, B] = ['node1', 'node2'] as const;
const BEAT = 'while :; do echo . > /dev/ttyS0; usleep 20000; done';
/** The guest is left to itself before and after. */
const CALM_MS = 1_500;

export async function blackout(dc: Datacenter): Promise<readonly Row[]> {
  await dc.client.hosts.cordonHost({ hostname: 'node3' });
  await dc.submit(GUEST);
  await ctl((await dc.guest(GUEST)).hostname, GUEST, 'sh', `setsid sh -c '${BEAT}' < /dev/null > /dev/null 2>&1 &`);
  const listeners = { [A]: await Listener.at(A), [B]: await Listener.at(B) };
  try {
    const paused: number[] = [];
    const locking: number[] = [];
    const bare: number[] = [];
    const resuming: number[] = [];
    for (let round = 0; round < ROUNDS; round++) {
      const own = ownShare(listeners, (await dc.guest(GUEST)).hostname);
      paused.push(await silence(() => dc.migrate(GUEST)));
      resuming.push(await own);
      await dc.client.hosts.updatePool({ name: 'shared', locking: true });
      locking.push(await silence(() => dc.migrate(GUEST)));
      await dc.client.hosts.updatePool({ name: 'shared', locking: false });
      // There and back, so that virtdc finds the guest where it left it.
      bare.push(await silence(migrateByVirsh));
      bare.push(await silence(migrateByVirsh));
    }
    const row = (what: string, of: readonly number[]): Row => {
      const more = median(of) - median(bare);
      const beside = of === bare ? '' : `${more < 0 ? '-' : '+'}${ms(Math.abs(more))}`;
      return { what, cells: [ms(median(of)), ms(quantile(of, 1)), beside] };
    };
    return [
      row('standing still in a move: virtdc, arriving paused', paused),
      {
        what: '  of it, from the end of the source to the resumption',
        cells: [ms(median(resuming)), ms(quantile(resuming, 1)), ''],
      },
      row('standing still in a move: virtdc, on a locking pool', locking),
      row('standing still in a move: virsh migrate --live --p2p --auto-converge', bare),
    ];
  } finally {
    for (const listener of Object.values(listeners)) listener.close();
    await dc.terminate(GUEST);
    await dc.client.hosts.uncordonHost({ hostname: 'node3' });
  }
}

/** What virtdc itself adds where the guest arrives paused: it has to see the source gone, and resumes the target. */
async function ownShare(listeners: Readonly<Record<typeof A | typeof B, Listener>>, source: string): Promise<number> {
  const [from, to] = source === A ? [A, B] : [B, A];
  const [gone, resumed] = await Promise.all([
    listeners[from].next(GUEST, LifecycleEvent.STOPPED),
    listeners[to].next(GUEST, LifecycleEvent.RESUMED),
  ]);
  return resumed - gone;
}

async function migrateByVirsh(): Promise<void> {
  const [from = A] = await hostsOf(GUEST);
  const address = await lab('address', from === A ? B : A);
  const target = [`qemu+tls://${address}/system`, `tcp://${address}`];
  await virsh(from, 'migrate', '--live', '--p2p', '--auto-converge', GUEST, ...target);
}

/** The longest time without a beat of the guest on either host while it moves, ms. */
async function silence(move: () => Promise<unknown>): Promise<number> {
  const beats: number[] = [];
  const watching = [A, B].map((host) => watch(join(labDir, host, 'log/guest'), () => beats.push(performance.now())));
  try {
    await new Promise((resolve) => setTimeout(resolve, CALM_MS));
    await move();
    await new Promise((resolve) => setTimeout(resolve, CALM_MS));
  } finally {
    for (const one of watching) one.close();
  }
  return beats.reduce((most, at, i) => Math.max(most, at - (beats[i - 1] ?? at)), 0);
}
