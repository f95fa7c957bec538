// D10: one libvirtd of three is frozen for minutes under load. The other hosts are served as ever, nothing grows, and what
// the frozen one's guests do is UNKNOWN.

import { readFile } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { lab, nextBeat } from '../lab.js';
import type { PlainClient } from './client.js';
import type { Drill } from './drill.js';
import { checkAsFast, guestNow, Probe, promised, submitTo, whenCondition } from './host-faults.js';
import { labHosts } from './hosts.js';
import { startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Replica } from './replica.js';

const BASELINE_MS = 30_000;
/** Guests of the host that freezes. */
const MORE = ['more-1', 'more-2', 'more-3'];
const RSS_SLACK_MIB = 64;

export const drill: Drill = {
  name: 'D10',
  title: 'One frozen host of three',
  needs: ['lab'],
  inject: 'the libvirtd of node3 is frozen for 5 minutes under load',
  expect: 'calls to node1 and node2 at most twice as slow, no queue and no memory grows, guests of node3 UNKNOWN',
  plants: { 'one-queue': 'operations on all hosts share a few places' },
  minutes: 5,
  async run(stage) {
    const hosts = await labHosts(stage);
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      ...(stage.planted('one-queue') && { sabotage: 'one-queue' }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    for (const hostname of hosts.hostnames) await submitTo(client, hosts, hostname, `on-${hostname}`);
    for (const vmid of MORE) await submitTo(client, hosts, 'node3', vmid);
    await nextBeat('node1', 'on-node1');
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const load = startLoad(stage, { hosts, addresses: [replica.address], clients: 6, guestsEach: 1, thinkMs: 3_000 });
    promised(load, [...hosts.hostnames.map((hostname) => `on-${hostname}`), ...MORE]);
    const probe = new Probe(stage, client, 'on-node1');
    const beganAt = performance.now();
    await load.goOn(BASELINE_MS);
    const baseline: [number, number] = [beganAt, performance.now()];
    const rssBefore = await rssMib(replica);

    stage.inject(`the libvirtd of node3 is frozen for ${stage.loadMs / 60_000} minutes`);
    const frozenAt = performance.now();
    await lab('freeze', 'node3');
    // Asked while nobody knows yet that it does not answer.
    for (const vmid of MORE) await client.guests.pauseGuest({ vmid });
    await whenCondition(client, 'node3', 'HOST_CONDITION_UNREACHABLE');
    const noticedMs = performance.now() - frozenAt;
    stage.check('node3 is UNREACHABLE within 30 s', noticedMs <= 30_000, `after ${Math.round(noticedMs)} ms`);
    const { state } = await guestNow(client, 'on-node3');
    stage.check('its guests are UNKNOWN', state === 'GUEST_STATE_UNKNOWN', state);
    await load.goOn(Math.max(0, stage.loadMs - (performance.now() - frozenAt)));
    const thawsAt = performance.now();
    const open = await openElsewhere(client, 'node3');
    const rssAfter = await rssMib(replica);
    stage.inject('node3 thaws');
    await lab('thaw', 'node3');
    checkAsFast(stage, probe, baseline, [frozenAt, thawsAt]);
    stage.check(
      'nothing is queued for the other hosts',
      open.length <= 2 * 6,
      `${open.length} operations are open there`,
    );
    stage.check(
      `virtdc grew by at most ${RSS_SLACK_MIB} MiB`,
      rssAfter <= rssBefore + RSS_SLACK_MIB,
      `${rssBefore} MiB before, ${rssAfter} MiB after`,
    );
    await whenCondition(client, 'node3', 'HOST_CONDITION_READY');
    await sleep(1_000);
    await probe.stop();
    await compareAll(stage, { client, hosts, load, watcher, doubles });
  },
};

async function openElsewhere(client: PlainClient, hostname: string): Promise<string[]> {
  const states = ['OPERATION_STATE_PENDING', 'OPERATION_STATE_RUNNING', 'OPERATION_STATE_CANCELLING'] as const;
  const { operations } = await client.operations.listOperations({ filter: { states: [...states] }, pageSize: 1_000 });
  const { guests } = await client.guests.listGuests({ pageSize: 1_000 });
  const elsewhere = new Set(guests.filter((guest) => guest.hostname !== hostname).map(({ vmid }) => vmid));
  return operations.filter(({ target }) => elsewhere.has(target)).map(({ name }) => name);
}

async function rssMib({ pid }: Replica): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Math.round(Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) / 1024);
}
