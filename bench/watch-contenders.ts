// Who is measured: virtdc over Postgres, etcd, and a bare hub in Go that stores nothing. Each tells its watchers of what is
// published to it, and runs in processes of its own, whose CPU is counted.

import { type ChildProcess, spawn } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { Client, credentials } from '@grpc/grpc-js';
import { WatchGuestsRequest } from '#gen/virtdc/v1/guest_info_service.js';
import { connect } from '../src/client/connect.js';
import { waitForOperation } from '../src/client/wait.js';
import { freePorts, Replica } from '../test/drills/replica.js';
import { startPostgres } from '../test/postgres.js';
import { BASE_XML } from '../test/rpc/service.js';
import type { Watched } from './blind-watchers.js';

export interface Contender {
  readonly name: string;
  readonly watched: Watched;
  /** The process that watchers talk to. */
  readonly pid: number;
  /** One change that watchers are told, with the texts in it: at most 60, of at most 63 characters each. */
  publish(number: number, ...texts: readonly string[]): Promise<unknown>;
  /** CPU seconds so far: of the server, and of the database behind it. */
  cpuS(): Promise<{ readonly server: number; readonly store: number }>;
  end(): Promise<void>;
}

const GUESTS = 16;
/** As large as etcd's values are made. */
const PADDING = 200;
const TICKS_PER_S = 100;
const GIB_IN_KIB = 1024 * 1024;

export async function virtdc(): Promise<Contender> {
  const postgres = await startPostgres();
  const directory = await mkdtemp(join(tmpdir(), 'virtdc-bench-'));
  const service = await Replica.of({
    name: 'virtdc',
    dataDir: directory,
    logFile: join(directory, 'virtdc.log'),
    environment: {
      VIRTDC_DATABASE_URL: await postgres.createDatabase(),
      VIRTDC_LIBVIRT_URI: 'sim://{hostname}',
      VIRTDC_LOG_LEVEL: 'warn',
      ...(process.env.VIRTDC_TEST_NODE_OPTIONS && { NODE_OPTIONS: process.env.VIRTDC_TEST_NODE_OPTIONS }),
    },
  });
  await service.start();
  const client = connect(service.address);
  await client.hosts.registerHost({ hostname: 'node1', uri: 'sim://node1', maxIoKib: 2n ** 30n });
  await client.hosts.registerPool({ name: 'local', kind: 'POOL_KIND_LOCAL', hostnames: ['node1'] });
  await client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
  for (let guest = 0; guest < GUESTS; guest++) {
    const request = { vmid: `guest${guest}`, cpu: 1, memoryKib: BigInt(GIB_IN_KIB) / 4n, baseGuest: 'base' };
    const { operation } = await client.placement.submitGuest(request);
    await waitForOperation(client.operations, operation?.name ?? '');
  }
  const pid = service.pid ?? 0;
  const request = WatchGuestsRequest.encode(WatchGuestsRequest.fromPartial({ progressIntervalS: 600 })).finish();
  return {
    name: 'virtdc, Postgres',
    pid,
    watched: {
      port: Number(service.address.split(':').at(-1)),
      path: '/virtdc.v1.GuestInfo/WatchGuests',
      request,
      keepsAsking: false,
      beginsWith: 'message',
    },
    publish: (number, ...texts) => {
      const setLabels = Object.fromEntries(texts.map((text, index) => [`text${index}`, text]));
      return client.guests.updateGuest({ vmid: `guest${number % GUESTS}`, setLabels });
    },
    cpuS: async () => ({ server: await cpuOfTreeS(pid), store: await cpuOfTreeS(postgres.pid() ?? 0) }),
    async end() {
      client.close();
      await service.end();
      await postgres.end();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** undefined where there is no etcd. */
export async function etcd(peers: string | undefined): Promise<Contender | undefined> {
  const program = find('etcd', peers);
  if (program === undefined) return undefined;
  const directory = await mkdtemp(join(tmpdir(), 'virtdc-bench-etcd-'));
  const [port = 0, peerPort = 0] = await freePorts(2);
  const [url, peerUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${peerPort}`];
  const child = spawn(
    program,
    ['--data-dir', directory, '--listen-client-urls', url, '--advertise-client-urls', url].concat(
      ['--listen-peer-urls', peerUrl, '--initial-advertise-peer-urls', peerUrl],
      ['--initial-cluster', `default=${peerUrl}`],
    ),
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  await says(child, 'ready to serve client requests');
  const key = (name: string): Uint8Array => Buffer.from(`guests/${name}`);
  const prefix = bytes(1, bytes(1, key('')).bytes(2, Buffer.from('guests0')).done());
  return plainContender('etcd, its disk', child, directory, {
    watched: {
      port,
      path: '/etcdserverpb.Watch/Watch',
      request: prefix.done(),
      keepsAsking: true,
      beginsWith: 'message',
    },
    path: '/etcdserverpb.KV/Put',
    message: (text, number) =>
      bytes(1, key(`vm${number % 1_000}`))
        .bytes(2, Buffer.from(text.padEnd(PADDING)))
        .done(),
  });
}

/** undefined where it was not built. */
export async function goHub(peers: string | undefined): Promise<Contender | undefined> {
  const program = find('server-go', peers);
  if (program === undefined) return undefined;
  const [port = 0] = await freePorts(1);
  const child = spawn(program, [String(port)], { stdio: ['ignore', 'pipe', 'pipe'] });
  await says(child, 'LISTEN');
  return plainContender('grpc-go hub, no store', child, undefined, {
    watched: { port, path: '/peers.v1.Bench/Watch', request: NOTHING, keepsAsking: false, beginsWith: 'headers' },
    path: '/peers.v1.Bench/Publish',
    message: (text, number) =>
      bytes(1, Buffer.from(`vm${number % 1_000}`))
        .bytes(2, Buffer.from('PUBLISH'))
        .bytes(10, Buffer.from(text.padEnd(PADDING)))
        .done(),
  });
}

const NOTHING = new Uint8Array(0);

interface Plain {
  readonly watched: Watched;
  readonly path: string;
  message(text: string, number: number): Uint8Array;
}

function plainContender(name: string, child: ChildProcess, directory: string | undefined, plain: Plain): Contender {
  const pid = child.pid ?? 0;
  const client = new Client(`127.0.0.1:${plain.watched.port}`, credentials.createInsecure());
  const same = (message: Buffer): Buffer => message;
  return {
    name,
    pid,
    watched: plain.watched,
    publish: (number, ...texts) =>
      new Promise((resolve, reject) => {
        const message = Buffer.from(plain.message(texts.join(' '), number));
        client.makeUnaryRequest(plain.path, same, same, message, (error) =>
          error ? reject(error) : resolve(undefined),
        );
      }),
    cpuS: async () => ({ server: await cpuOfTreeS(pid), store: 0 }),
    async end() {
      client.close();
      const gone = new Promise((resolve) => child.on('exit', resolve));
      child.kill('SIGTERM');
      await gone;
      if (directory !== undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** A message of byte fields. */
function bytes(field: number, value: Uint8Array, writer = new BinaryWriter()) {
  const LENGTH_DELIMITED = 2;
  writer.uint32((field << 3) | LENGTH_DELIMITED).bytes(value);
  return { bytes: (next: number, more: Uint8Array) => bytes(next, more, writer), done: () => writer.finish() };
}

function says(child: ChildProcess, word: string): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    const heard = (chunk: unknown): void => {
      said = (said + String(chunk)).slice(-65_536);
      if (said.includes(word)) resolve();
    };
    child.stdout?.on('data', heard);
    child.stderr?.on('data', heard);
    child.on('error', reject);
    child.on('exit', (code) => reject(new Error(`it ended with exit code ${code}: ${said}`)));
  });
}

function find(program: string, peers: string | undefined): string | undefined {
  const folders = [
    ...(peers === undefined ? [] : [peers, join(peers, 'grpc')]),
    ...(process.env.PATH ?? '').split(delimiter),
  ];
  return folders
    .map((folder) => join(folder, program))
    .find((file) => {
      try {
        accessSync(file, constants.X_OK);
        return true;
      } catch {
        return false;
      }
    });
}

/** Of a process, its descendants, and those of them that have ended. */
async function cpuOfTreeS(root: number): Promise<number> {
  const parents = new Map<number, number>();
  const ticks = new Map<number, number>();
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const stat = await readFile(`/proc/${name}/stat`, 'utf8').catch(() => undefined);
    if (stat === undefined) continue;
    // The name of the program stands in parentheses and may hold spaces: fields are counted behind it.
    const fields = stat
      .slice(stat.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    parents.set(Number(name), fields[1] ?? 0);
    ticks.set(
      Number(name),
      fields.slice(11, 15).reduce((sum, one) => sum + one, 0),
    );
  }
  const within = (pid: number | undefined): boolean => pid !== undefined && (pid === root || within(parents.get(pid)));
  return [...ticks].reduce((sum, [pid, one]) => sum + (within(pid) ? one : 0), 0) / TICKS_PER_S;
}
