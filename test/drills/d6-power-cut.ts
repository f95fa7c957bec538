// D6: the power of a host is cut, with guests on it and one on its way from it. Nothing is started elsewhere before somebody
// says that the host is off; then each guest is, once; and when the host returns nothing runs twice.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import { lab, nextBeat } from '../lab.js';
import type { Drill } from './drill.js';
import {
  ended,
  guestNow,
  movingSlowly,
  promised,
  submitTo,
  succeeded,
  whenCondition,
  whenGuest,
} from './host-faults.js';
import { labHosts } from './hosts.js';
import { startLoad } from './load.js';
import { compareAll } from './oracles/final.js';
import { DoubleRuns } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';

const NOTICED_WITHIN_MS = 30_000;
const UNCONFIRMED_MS = 30_000;
const OFF_MS = 90_000;
const IDLE = ['idle-1', 'idle-2', 'idle-3'];

export const drill: Drill = {
  name: 'D6',
  title: 'Power cut',
  needs: ['lab'],
  inject: 'node1 loses its power with guests on it and one on its way from it; it is on again after 90 s or more',
  expect:
    'UNREACHABLE and UNKNOWN within 30 s, nothing started elsewhere unconfirmed; after ConfirmHostDead each guest once; no copy after the return',
  plants: {
    'silence-is-death': 'a host that does not answer for long is taken to be off',
    'stale-copies-stay': 'what a host has of guests that left it is not looked for when it returns',
  },
  async run(stage) {
    const hosts = await labHosts(stage);
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    const replica = await stage.replica('virtdc', {
      environment: hosts.environment,
      ...(plant !== undefined && { sabotage: plant }),
    });
    await replica.start();
    const client = stage.client(replica.address);
    await hosts.furnish(client);
    const guests: Guest[] = [];
    for (const vmid of [...IDLE, 'mover']) guests.push(await submitTo(client, hosts, 'node1', vmid));
    const withHost = { restartPolicy: 'RESTART_POLICY_WITH_HOST' } as const;
    guests.push(await submitTo(client, hosts, 'node1', 'faithful', withHost));
    const removed = await submitTo(client, hosts, 'node1', 'removed', withHost);
    const watcher = new Watcher(stage, replica.address);
    const doubles = new DoubleRuns(stage, hosts);
    const load = startLoad(stage, { hosts, addresses: [replica.address], clients: 2, guestsEach: 1, thinkMs: 4_000 });
    promised(
      load,
      guests.map(({ vmid }) => vmid),
    );
    const boots = new Map<string, string>();
    for (const { vmid } of guests) boots.set(vmid, (await nextBeat('node1', vmid)).bootId);
    const move = await movingSlowly(client, 'mover', 'node2');

    stage.inject('the power of node1 is cut');
    const cutAt = performance.now();
    await lab('kill', 'node1');
    await whenCondition(client, 'node1', 'HOST_CONDITION_UNREACHABLE');
    for (const vmid of IDLE) await whenGuest(client, vmid, ({ state }) => state === 'GUEST_STATE_UNKNOWN');
    const noticedMs = performance.now() - cutAt;
    stage.check(
      'UNREACHABLE, and its guests UNKNOWN, within 30 s',
      noticedMs <= NOTICED_WITHIN_MS,
      `after ${Math.round(noticedMs)} ms`,
    );
    await sleep(UNCONFIRMED_MS);
    const strayed: string[] = [];
    for (const { vmid, uuid } of guests.filter(({ vmid }) => vmid !== 'mover')) {
      const { hostname, state } = await guestNow(client, vmid);
      const domains = (await hosts.domains()).filter((domain) => domain.uuid === uuid);
      if (hostname !== 'node1' || state !== 'GUEST_STATE_UNKNOWN' || domains.length > 0)
        strayed.push(
          `${vmid} is ${state} on ${hostname}, seen on ${domains.map((domain) => domain.hostname).join(', ')}`,
        );
    }
    stage.check(
      'unconfirmed, nothing is started elsewhere',
      strayed.length === 0,
      strayed.join('; ') || `for ${UNCONFIRMED_MS / 1_000} s`,
    );

    stage.inject('ConfirmHostDead of node1');
    const { operation } = await client.hosts.confirmHostDead({ hostname: 'node1' });
    const confirmedAt = performance.now();
    await succeeded(client, operation);
    const restartedS = ((performance.now() - confirmedAt) / 1_000).toFixed(1);
    const end = await ended(client, move);
    stage.seen(`its operation ended after ${restartedS} s; the migration: ${end.state} ${end.error?.message ?? ''}`);
    const wrong: string[] = [];
    for (const { vmid, uuid } of guests.filter(({ vmid }) => vmid !== 'faithful')) {
      const after = await whenGuest(client, vmid, ({ state }) => state === 'GUEST_STATE_RUNNING');
      const { bootId } = await nextBeat(after.hostname, vmid);
      const on = (await hosts.domains()).filter((domain) => domain.uuid === uuid).map((domain) => domain.hostname);
      if (after.hostname === 'node1' || on.join() !== after.hostname || bootId === boots.get(vmid))
        wrong.push(`${vmid} is ${after.state} on ${after.hostname}, seen on ${on.join(', ')}, boot ${bootId}`);
    }
    stage.check(
      'each runs on one other host, booted anew',
      wrong.length === 0,
      wrong.join('; ') || `${guests.length - 1} guests after ${restartedS} s`,
    );
    const faithful = await guestNow(client, 'faithful');
    stage.check(
      'one that returns with its host waits for it',
      faithful.state === 'GUEST_STATE_LOST' && faithful.hostname === 'node1',
      `${faithful.state} on ${faithful.hostname}`,
    );
    await succeeded(client, (await client.placement.terminateGuest({ vmid: 'removed' })).operation);

    await sleep(Math.max(0, OFF_MS - (performance.now() - cutAt)));
    stage.inject(`node1 is on again, ${Math.round((performance.now() - cutAt) / 1_000)} s after it was cut`);
    await lab('start', 'node1');
    const readyMs = await whenCondition(client, 'node1', 'HOST_CONDITION_READY');
    const back = await whenGuest(client, 'faithful', ({ state }) => state === 'GUEST_STATE_RUNNING');
    const beat = await nextBeat('node1', 'faithful');
    stage.check(
      'what returns with its host runs there',
      back.hostname === 'node1' && beat.bootId !== boots.get('faithful'),
      `READY after ${Math.round(readyMs)} ms`,
    );
    const stale = (await hosts.domains()).filter(
      ({ uuid, hostname }) =>
        hostname === 'node1' &&
        (uuid === removed.uuid || guests.some((guest) => guest.uuid === uuid && guest.vmid !== 'faithful')),
    );
    stage.check(
      'node1 has no copy of a guest that left it',
      stale.length === 0,
      stale.map(({ uuid, state }) => `${uuid} ${state}`).join(', ') || 'none',
    );
    await compareAll(stage, { client, hosts, load, watcher, doubles });
  },
};
