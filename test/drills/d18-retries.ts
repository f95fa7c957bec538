// D18: the same request again and again. Fifty at once at both replicas, with connections reset after the request was
// sent, with deadlines that nobody can keep: one effect and one answer; and the id is good for no other request.

import { isDeepStrictEqual } from 'node:util';
import { Client, credentials, Metadata } from '@grpc/grpc-js';
import postgres from 'postgres';
import { PlacementDefinition } from '#gen/virtdc/v1/placement_service.js';
import { VirtdcError } from '../../src/client/error.js';
import { waitForOperation } from '../../src/client/wait.js';
import { eventually } from '../eventually.js';
import { openProxy } from '../proxy.js';
import { GIB } from '../rpc/service.js';
import { type PlainClient, plainClient } from './client.js';
import type { Drill } from './drill.js';
import { type Hosts, simulatedHosts } from './hosts.js';
import { readBooks, wrongInBooks } from './oracles/books.js';
import { allEnded } from './oracles/operations.js';
import { differences } from './oracles/truth.js';
import { Watcher } from './oracles/watcher.js';
import type { Stage } from './stage.js';

const AT_ONCE = 50;
const RESETS = 20;
const DEADLINES = 50;
const DEADLINE_MS = 1;

export const drill: Drill = {
  name: 'D18',
  title: 'Retries',
  needs: ['postgres'],
  inject: `the same request_id ${AT_ONCE} times at once on both replicas; reset after it was sent; deadline of 1 ms; other payload`,
  expect: `one effect, ${AT_ONCE} equal answers; INVALID_ARGUMENT for another payload`,
  plants: {
    'forgets-requests': 'a request id means nothing',
    'forgets-payloads': 'a request id stands for itself, whatever it was used for',
  },
  async run(stage) {
    const server = await stage.postgres();
    const url = await server.createDatabase();
    const plant = Object.keys(drill.plants).find((name) => stage.planted(name));
    const replicas = await stage.replicas(2, { databaseUrl: url, sabotage: plant });
    const hosts = simulatedHosts(() => replicas.map(({ dataDir }) => dataDir), { cpu: 64, memoryKib: 128 * GIB });
    const addresses = replicas.map(({ address }) => address);
    const clients = addresses.map((address) => stage.client(address));
    const [client] = clients as [PlainClient];
    await hosts.furnish(client);
    const watcher = new Watcher(stage, addresses[1] ?? '');

    await atOnce(stage, clients, hosts);
    await resets(stage, addresses, clients, hosts);
    await deadlines(stage, addresses, clients, hosts);

    await allEnded(client);
    await once(stage, url);
    const truth = async () => differences((await readBooks(client)).guests, await hosts.domains());
    await eventually('hosts and books agree', async () => (await truth()).length === 0).catch(() => false);
    const books = await readBooks(client);
    const wrong = [...(await truth()), ...wrongInBooks(books)];
    stage.check(
      'T, C: the hosts run what the books say',
      wrong.length === 0,
      wrong[0] ?? `${books.guests.length} guests`,
    );
    const told = await watcher.compare(client);
    stage.check('W: every change once, in order', told.length === 0, told[0] ?? `${watcher.events} changes`);
  },
};

/** Each kind of mutation as many times at once as there may be, half of them at either replica. */
async function atOnce(stage: Stage, clients: readonly PlainClient[], hosts: Hosts): Promise<void> {
  stage.inject(`each kind of mutation ${AT_ONCE} times at once with one request id`);
  const vmid = 'again';
  const submission = { ...hosts.submission(vmid), requestId: 'submit' };
  const kinds: readonly (readonly [
    string,
    (client: PlainClient) => Promise<{ operation?: { name: string } | undefined }>,
  ])[] = [
    ['submit', ({ placement }) => placement.submitGuest(submission)],
    ['scale-cpu', ({ scaling }) => scaling.scaleCpu({ vmid, cpu: 2, requestId: 'scale' })],
    ['migrate', ({ migration }) => migration.migrateGuest({ vmid, requestId: 'migrate' })],
    ['stop', ({ guests }) => guests.stopGuest({ vmid, force: true, requestId: 'stop' })],
    ['start', ({ guests }) => guests.startGuest({ vmid, requestId: 'start' })],
  ];
  for (const [kind, call] of kinds) {
    const answers = await many(clients, call);
    stage.check(
      `${AT_ONCE} times ${kind}: equal answers`,
      answers.every((answer) => isDeepStrictEqual(answer, answers[0]) && !(answer instanceof Error)),
      told(answers),
    );
    const [first] = answers;
    if (first === undefined || first instanceof Error) continue;
    await waitForOperation((clients[0] as PlainClient).operations, first.operation?.name ?? '');
    const later = await many(clients, call);
    stage.check(
      `${kind} again after its end: the first answer`,
      later.every((answer) => isDeepStrictEqual(answer, first)),
      told(later),
    );
  }
  const other = await many(clients, ({ placement }) => placement.submitGuest({ ...submission, cpu: 2 }));
  const reused = other.every(
    (answer) =>
      answer instanceof VirtdcError && answer.reason === 'REQUEST_ID_REUSED' && answer.codeName === 'INVALID_ARGUMENT',
  );
  stage.check('another payload: INVALID_ARGUMENT REQUEST_ID_REUSED', reused, told(other));
}

/** The connection is reset as soon as the request is on its way; then it is asked again, elsewhere. */
async function resets(
  stage: Stage,
  addresses: readonly string[],
  clients: readonly PlainClient[],
  hosts: Hosts,
): Promise<void> {
  stage.inject(`${RESETS} connections are reset after a submit was sent`);
  let cut = 0;
  for (let number = 1; number <= RESETS; number++) {
    const vmid = `reset-${number}`;
    const request = { ...hosts.submission(vmid, { cpu: 1, maxCpu: 1 }), requestId: vmid };
    const proxy = await openProxy(addresses[number % addresses.length] ?? '', {
      resetAfter: (sent) => sent.includes(vmid),
    });
    const client = plainClient(proxy.address);
    const first = await answerOf(client.placement.submitGuest(request));
    if (first instanceof Error) cut++;
    client.close();
    await proxy.close();
    const again = await many(clients, ({ placement }) => placement.submitGuest(request), 2);
    if (!again.every((answer) => !(answer instanceof Error) && isDeepStrictEqual(answer, again[0]))) {
      stage.check('after a reset, equal answers', false, told(again));
      return;
    }
  }
  stage.check('after a reset, equal answers', cut > 0, `${cut} of ${RESETS} were cut off before their answer`);
}

/** Nobody can answer in that time. What was begun is not undone by that, and asked again it is the same. */
async function deadlines(
  stage: Stage,
  addresses: readonly string[],
  clients: readonly PlainClient[],
  hosts: Hosts,
): Promise<void> {
  stage.inject(`${DEADLINES} submits with a deadline of ${DEADLINE_MS} ms`);
  const channels = addresses.map((address) => new Client(address, credentials.createInsecure()));
  await Promise.all(channels.map((channel) => connected(channel)));
  const vmids = Array.from({ length: DEADLINES }, (_, index) => `late-${index + 1}`);
  const small = { cpu: 1, maxCpu: 1, memoryKib: 262_144n, maxMemoryKib: 262_144n };
  const requestOf = (vmid: string) => ({ ...hosts.submission(vmid, small), requestId: vmid });
  const late = await Promise.all(
    vmids.map((vmid, index) => submitWithin(channels[index % channels.length] as Client, requestOf(vmid))),
  );
  for (const channel of channels) channel.close();
  const missed = late.filter((inTime) => !inTime).length;
  const again: string[] = await Promise.all(
    vmids.map(async (vmid, index) => {
      const client = clients[(index + 1) % clients.length] as PlainClient;
      const answer = await answerOf(client.placement.submitGuest(requestOf(vmid)));
      if (answer instanceof Error) return told([answer]);
      return (await waitForOperation(client.operations, answer.operation?.name ?? '')).state;
    }),
  );
  const ends = new Map<string, number>();
  for (const end of again) ends.set(end, (ends.get(end) ?? 0) + 1);
  const seen = [...ends].map(([end, count]) => `${count} ${end}`).join(', ');
  stage.check(
    'asked again after a deadline, each is done',
    missed > 0 && ends.size === 1 && ends.has('OPERATION_STATE_SUCCEEDED'),
    `${missed} of ${DEADLINES} missed it; ${seen}`,
  );
}

/** In the log of changes: one creation a guest, one operation of each other kind. */
async function once(stage: Stage, url: string): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const twice = await sql`
      select after ->> 'target' as target, after -> 'input' ->> 'kind' as kind, count(distinct key)::integer as times
      from change_log where kind = 'operation' group by 1, 2 having count(distinct key) > 1`;
    const [all] = await sql`select count(distinct key)::integer as count from change_log where kind = 'operation'`;
    const seen = twice.map(({ target, kind, times }) => `${kind} of ${target} ${times} times`).join(', ');
    stage.check(
      'each was done once',
      twice.length === 0,
      seen || `${all?.count} operations, each of its kind and guest alone`,
    );
  } finally {
    await sql.end();
  }
}

function many<R>(
  clients: readonly PlainClient[],
  call: (client: PlainClient) => Promise<R>,
  times = AT_ONCE,
): Promise<(R | Error)[]> {
  return Promise.all(
    Array.from({ length: times }, (_, index) => answerOf(call(clients[index % clients.length] as PlainClient))),
  );
}

async function answerOf<R>(answer: Promise<R>): Promise<R | Error> {
  return await answer.catch((error: unknown) => error as Error);
}

/** How often each kind of answer was given. */
function told(answers: readonly unknown[]): string {
  const counts = new Map<string, number>();
  for (const answer of answers) {
    const name =
      answer instanceof VirtdcError
        ? `${answer.codeName} ${answer.reason}`
        : answer instanceof Error
          ? String(answer)
          : operationOf(answer);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return [...counts].map(([name, count]) => `${count} ${name}`).join(', ');
}

function operationOf(answer: unknown): string {
  const { operation } = answer as { operation?: { name: string } };
  return operation?.name ?? 'no operation';
}

function connected(channel: Client): Promise<void> {
  return new Promise((resolve, reject) => {
    channel.waitForReady(Date.now() + 5_000, (error) => (error ? reject(error) : resolve()));
  });
}

/** Whether the answer came in time. */
function submitWithin(
  channel: Client,
  request: Parameters<PlainClient['placement']['submitGuest']>[0],
): Promise<boolean> {
  const { requestType, responseType } = PlacementDefinition.methods.submitGuest;
  const path = `/${PlacementDefinition.fullName}/SubmitGuest`;
  const bytes = Buffer.from(requestType.encode(requestType.fromPartial(request)).finish());
  return new Promise((resolve) => {
    channel.makeUnaryRequest(
      path,
      (message: Buffer) => message,
      (message: Buffer) => responseType.decode(message),
      bytes,
      new Metadata(),
      { deadline: Date.now() + DEADLINE_MS },
      (error) => resolve(error === null),
    );
  });
}
