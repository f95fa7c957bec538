// How large a fleet one service bears: the CPU of keeping 1,000 hosts with 20 guests each in sight, and the cold start,
// memory and reads of 10,000 hosts with 100,000 guests. Postgres is real, with fsync; the hosts are played by another
// process that speaks libvirt's protocol, so what stands here is the service's own cost, its libvirt client included.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { connect, type VirtdcClient } from '../src/client/connect.js';
import { libvirtHypervisor } from '../src/hypervisor/libvirt/hypervisor.js';
import { type ServiceProcess, startProcess } from '../test/clients/service-process.js';
import { type PostgresServer, startPostgres } from '../test/postgres.js';
import { domainNameOf, type FleetSize, hostAddressOf, hostnameOf, hostUuidOf, storeFleet } from './large-fleet.js';
import { blockedMs, cpuOfS, memoryOf } from './process-figures.js';
import { ms, printTable, quantile, type Row } from './table.js';

const GOAL = { cores: 1, startS: 30, rssMib: 1_024, blockedMs: 200, takeoverS: 15 } as const;
const LOOKED_WITHIN_MS = 180_000;
const POLL_MS = 100;

interface Played {
  readonly port: number;
  looks(): Promise<readonly number[]>;
  end(): Promise<void>;
}

interface Sizes {
  readonly watched: FleetSize;
  readonly large: FleetSize;
  readonly steadyS: number;
}

const FULL: Sizes = {
  watched: { hosts: 1_000, guestsPerHost: 20 },
  large: { hosts: 10_000, guestsPerHost: 10 },
  steadyS: 60,
};
const QUICK: Sizes = {
  watched: { hosts: 250, guestsPerHost: 20 },
  large: { hosts: 1_000, guestsPerHost: 10 },
  steadyS: 20,
};

/** False where a goal is missed; of a quick run none is asked. */
export async function fleetSize(words: readonly string[]): Promise<boolean> {
  const quick = words.includes('--quick');
  const { watched, large, steadyS } = quick ? QUICK : FULL;
  const postgres = await startPostgres();
  try {
    const lines = [...(await measured(postgres, watched, steadyS)), ...(await measured(postgres, large, steadyS))];
    printTable(
      'fleet-size: one service, its hosts played over libvirt’s protocol by another process',
      ['figure', 'of the goal'],
      lines.map(({ row }) => row),
      [
        `load average ${loadavg()
          .map((load) => load.toFixed(1))
          .join(' ')}`,
      ],
    );
    return quick || lines.every(({ kept }) => kept);
  } finally {
    await postgres.end();
  }
}

interface Line {
  readonly row: Row;
  readonly kept: boolean;
}

async function measured(postgres: PostgresServer, size: FleetSize, steadyS: number): Promise<readonly Line[]> {
  const played = await play(size);
  try {
    const url = await postgres.createDatabase();
    console.error(`storing ${name(size)}`);
    await storeFleet(url, size, played.port, await factsOf(played.port));
    console.error(`starting with ${name(size)}`);
    const since = performance.now();
    const start = () =>
      startProcess({
        VIRTDC_DATABASE_URL: url,
        VIRTDC_INSECURE_TRANSPORTS: '1',
        VIRTDC_LOG_LEVEL: 'warn',
        ...(process.env.VIRTDC_TEST_NODE_OPTIONS && { NODE_OPTIONS: process.env.VIRTDC_TEST_NODE_OPTIONS }),
      });
    const service = await start();
    const client = connect(service.address);
    try {
      const lines = await figures({ size, service, client, played, since, steadyS });
      return [...lines, await takeover(service, await start(), name(size))];
    } finally {
      client.close();
      await service.end();
    }
  } finally {
    await played.end();
  }
}

interface Run {
  readonly size: FleetSize;
  readonly service: ServiceProcess;
  readonly client: VirtdcClient;
  readonly played: Played;
  readonly since: number;
  readonly steadyS: number;
}

async function figures(run: Run): Promise<readonly Line[]> {
  const { size, service, client, since } = run;
  const what = (text: string): string => `${name(size)}: ${text}`;
  const { hosts } = await client.hosts.listHosts({ pageSize: 1_000 });
  const servesS = (performance.now() - since) / 1_000;
  if (hosts.length !== Math.min(size.hosts, 1_000)) throw new Error(`${hosts.length} hosts are listed`);
  const startCpuS = await cpuOfS(service.pid);
  const lines = [
    line(what('until it serves'), `${servesS.toFixed(1)} s`, servesS / GOAL.startS),
    line(what('CPU until then'), `${startCpuS.toFixed(1)} s`),
  ];
  await lookedAt(run, 1);
  const lookedS = (performance.now() - since) / 1_000;
  lines.push(line(what('until every host was looked at'), `${lookedS.toFixed(1)} s`, lookedS / GOAL.startS));
  lines.push(line(what('CPU until then'), `${(await cpuOfS(service.pid)).toFixed(1)} s`));
  lines.push(line(what('event loop held up at most, starting'), ms(await blockedMs(service.httpAddress))));
  await lookedAt(run, 2);
  return [...lines, ...(await steady(run, what)), ...(await reads(run, what)), await memory(run, what)];
}

async function steady({ service, played, steadyS, size }: Run, what: (text: string) => string): Promise<Line[]> {
  // What the start left to be done has settled by then.
  await sleep(15_000);
  await blockedMs(service.httpAddress);
  const [cpuBefore, looksBefore, began] = [await cpuOfS(service.pid), await played.looks(), performance.now()];
  await sleep(steadyS * 1_000);
  const [cpu, looks, tookS] = [await cpuOfS(service.pid), await played.looks(), (performance.now() - began) / 1_000];
  const cores = (cpu - cpuBefore) / tookS;
  const counts = looks.map((count, host) => count - (looksBefore[host] ?? 0));
  const each = counts.reduce((sum, count) => sum + count, 0) / size.hosts;
  const least = Math.min(...counts);
  const held = await blockedMs(service.httpAddress);
  return [
    line(what('CPU of keeping them in sight'), `${cores.toFixed(2)} cores`, cores / GOAL.cores),
    line(
      what('a host is looked at every'),
      `${(tookS / each).toFixed(1)} s, at worst ${(tookS / least).toFixed(1)} s`,
      tookS / each / 10,
    ),
    line(what('event loop held up at most, steady'), ms(held), held / GOAL.blockedMs),
  ];
}

async function reads({ client, service, size }: Run, what: (text: string) => string): Promise<Line[]> {
  await blockedMs(service.httpAddress);
  const took: number[] = [];
  for (let i = 0; i < 200; i += 1) {
    const since = performance.now();
    await client.guests.getGuest({ vmid: domainNameOf((i * 37) % size.hosts, i % size.guestsPerHost) });
    took.push(performance.now() - since);
  }
  const lines = [line(what('GetGuest, median and 99 %'), `${ms(quantile(took, 0.5))}, ${ms(quantile(took, 0.99))}`)];
  const listed = await timed(async () => {
    let guests = 0;
    let pageToken = '';
    do {
      const page = await client.guests.listGuests({ pageSize: 1_000, pageToken });
      guests += page.guests.length;
      pageToken = page.nextPageToken;
    } while (pageToken !== '');
    return guests;
  });
  const pages = Math.ceil(listed.guests / 1_000);
  lines.push(line(what('ListGuests, a page of 1,000'), ms(listed.ms / pages)));
  const initial = await timed(async () => {
    let guests = 0;
    for await (const { events, revision } of client.guests.watchGuests({ sendInitial: true })) {
      guests += events.filter(({ event }) => event?.$case === 'upserted').length;
      if (revision > 0n) break;
    }
    return guests;
  });
  lines.push(line(what(`WatchGuests, its initial ${initial.guests} guests`), ms(initial.ms)));
  const held = await blockedMs(service.httpAddress);
  lines.push(line(what('event loop held up at most, by these reads'), ms(held), held / GOAL.blockedMs));
  return lines;
}

async function memory({ service }: Run, what: (text: string) => string): Promise<Line> {
  const { rssMib, peakMib } = await memoryOf(service.pid);
  return line(
    what('memory (RSS), and its peak'),
    `${Math.round(rssMib)} MiB, ${Math.round(peakMib)} MiB`,
    rssMib / GOAL.rssMib,
  );
}

/** The leader dies, and the one that follows with a copy of its own leads. */
async function takeover(leader: ServiceProcess, follower: ServiceProcess, of: string): Promise<Line> {
  const client = connect(follower.address);
  try {
    const leads = async (): Promise<boolean> => (await client.operations.getLeader({})).isSelf;
    if (await leads()) throw new Error('the one that was to follow leads');
    const since = performance.now();
    process.kill(leader.pid, 'SIGKILL');
    while (!(await leads())) await sleep(POLL_MS);
    const tookS = (performance.now() - since) / 1_000;
    return line(`${of}: until a follower leads after kill -9`, `${tookS.toFixed(1)} s`, tookS / GOAL.takeoverS);
  } finally {
    client.close();
    await follower.end();
  }
}

async function timed(work: () => Promise<number>): Promise<{ guests: number; ms: number }> {
  const since = performance.now();
  const guests = await work();
  return { guests, ms: performance.now() - since };
}

async function lookedAt({ played }: Run, times: number): Promise<void> {
  const deadline = performance.now() + LOOKED_WITHIN_MS;
  for (;;) {
    const behind = (await played.looks()).filter((count) => count < times).length;
    if (behind === 0) return;
    if (performance.now() > deadline) throw new Error(`${behind} hosts were not looked at ${times} times`);
    await sleep(POLL_MS);
  }
}

/** What the driver itself reads of one of the hosts; they are all alike but for their names. */
async function factsOf(port: number) {
  const hypervisor = libvirtHypervisor({ insecureTransports: true });
  try {
    const uri = `qemu+tcp://${hostAddressOf(0)}:${port}/system`;
    const facts = await hypervisor.host({ hostname: hostnameOf(0), uri, migrationUri: uri }).facts();
    return (host: number) => ({ ...facts, libvirtHostname: hostnameOf(host), libvirtUuid: hostUuidOf(host) });
  } finally {
    await hypervisor.close();
  }
}

async function play({ hosts, guestsPerHost }: FleetSize): Promise<Played> {
  const child: ChildProcess = fork(fileURLToPath(new URL('host-daemons.ts', import.meta.url)), [
    String(hosts),
    String(guestsPerHost),
  ]);
  const [{ port }] = (await once(child, 'message')) as [{ port: number }];
  return {
    port,
    async looks() {
      const answer = once(child, 'message') as Promise<[{ looks: readonly number[] }]>;
      child.send('looks');
      return (await answer)[0].looks;
    },
    async end() {
      const exited = once(child, 'exit');
      child.disconnect();
      await exited;
    },
  };
}

const name = ({ hosts, guestsPerHost }: FleetSize): string => `${hosts.toLocaleString('en')} hosts x ${guestsPerHost}`;

/** A figure; `share`: how much of its goal it is, which it keeps if that is at most 1. */
function line(what: string, figure: string, share?: number): Line {
  // The table comes at the very end of what may take long.
  console.error(`${what}: ${figure}`);
  return {
    row: { what, cells: [figure, share === undefined ? '' : `${Math.round(share * 100)} %`] },
    kept: share === undefined || share <= 1,
  };
}
