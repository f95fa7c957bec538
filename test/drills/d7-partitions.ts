// D7: a host is cut off from everything, two hosts from each other in the middle of a migration, and a host from virtdc in
// one direction. Silence proves nothing; no guest runs twice; calls to the others are as fast as before.

import { setTimeout as sleep } from 'node:timers/promises';
import { lab, nextBeat } from '../lab.js';
import type { Drill } from './drill.js';
import {
  checkAsFast,
  ended,
  guestNow,
  movingSlowly,
  Probe,
  submitTo,
  whenCondition,
  whenGuest,
} from './host-faults.js';
import { labHosts } from './hosts.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';

const BASELINE_MS = 20_000;
const CUT_MS = 40_000;

export const drill: Drill = {
  name: 'D7',
  title: 'Partitions',
  needs: ['lab'],
  inject:
    'node1 is cut off; node1 and node2 from each other in mid-migration; node2 answers virtdc no more, in one direction',
  expect: 'guests UNKNOWN and nowhere else, none runs twice, calls to the other hosts at most twice as slow',
  plants: { 'silence-is-death': 'a host that does not answer for long is taken to be off' },
  async run(stage) {
    const hosts = await labHosts(stage);
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      ...(stage.planted('silence-is-death') && { sabotage: 'silence-is-death' }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    for (const hostname of hosts.hostnames) await submitTo(client, hosts, hostname, `on-${hostname}`);
    const mover = await submitTo(client, hosts, 'node1', 'mover');
    await nextBeat('node3', 'on-node3');
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const probe = new Probe(stage, client, 'on-node3');
    const beganAt = performance.now();
    await sleep(BASELINE_MS);
    const baseline: [number, number] = [beganAt, performance.now()];

    const { bootId } = await nextBeat('node1', 'on-node1');
    stage.inject(`node1 is off the network for ${CUT_MS / 1_000} s`);
    let cutAt = performance.now();
    await lab('partition', 'node1');
    await whenGuest(client, 'on-node1', ({ state }) => state === 'GUEST_STATE_UNKNOWN');
    stage.seen(`its guests are UNKNOWN after ${Math.round(performance.now() - cutAt)} ms`);
    await sleep(Math.max(0, CUT_MS - (performance.now() - cutAt)));
    const unknown = await guestNow(client, 'on-node1');
    stage.check(
      'its guest is UNKNOWN on it, and nowhere else',
      unknown.state === 'GUEST_STATE_UNKNOWN' && unknown.hostname === 'node1',
      `${unknown.state} on ${unknown.hostname}`,
    );
    checkAsFast(stage, probe, baseline, [cutAt, performance.now()]);
    await lab('heal');
    await whenGuest(client, 'on-node1', ({ state }) => state === 'GUEST_STATE_RUNNING');
    const beat = await nextBeat('node1', 'on-node1');
    stage.check('it ran on all the while', beat.bootId === bootId, `beat ${beat.beat} of the same boot`);

    const operation = await movingSlowly(client, 'mover', 'node2');
    stage.inject(`node1 and node2 do not hear each other for ${CUT_MS / 1_000} s, in mid-migration`);
    cutAt = performance.now();
    await lab('partition', 'node1', 'node2');
    await sleep(CUT_MS);
    checkAsFast(stage, probe, baseline, [cutAt, performance.now()]);
    await lab('heal');
    const last = await ended(client, operation);
    const after = await guestNow(client, 'mover');
    const on = (await hosts.domains())
      .filter((domain) => domain.uuid === mover.uuid)
      .map((domain) => `${domain.state} on ${domain.hostname}`);
    stage.check(
      'the guest runs in one place',
      on.join() === `running on ${after.hostname}`,
      `${last.state} (${last.error?.message ?? ''}); ${on.join(', ')}`,
    );

    stage.inject(`node2 drops what virtdc sends it, for ${CUT_MS / 1_000} s`);
    cutAt = performance.now();
    const rule = ['INPUT', '-p', 'tcp', '--dport', '16514', '-j', 'DROP'];
    await lab('exec', 'node2', 'iptables', '-A', ...rule);
    stage.later(async () => void (await lab('exec', 'node2', 'iptables', '-D', ...rule).catch(() => undefined)));
    await whenCondition(client, 'node2', 'HOST_CONDITION_UNREACHABLE');
    await sleep(Math.max(0, CUT_MS - (performance.now() - cutAt)));
    checkAsFast(stage, probe, baseline, [cutAt, performance.now()]);
    const deaf = await guestNow(client, 'on-node2');
    stage.check(
      'its guest is UNKNOWN on it, and nowhere else',
      deaf.state === 'GUEST_STATE_UNKNOWN' && deaf.hostname === 'node2',
      `${deaf.state} on ${deaf.hostname}`,
    );
    await lab('exec', 'node2', 'iptables', '-D', ...rule);
    await whenCondition(client, 'node2', 'HOST_CONDITION_READY');
    await probe.stop();
    await compareAll(stage, { client, hosts, watcher, doubles });
  },
};
