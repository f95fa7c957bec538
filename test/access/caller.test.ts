// What a caller leaves behind: operations, request ids and the log bear its name, and nothing its token.

import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Metadata, Status } from 'nice-grpc';
import { pino } from 'pino';
import { connect, type VirtdcClient } from '../../src/client/connect.js';
import { realClock } from '../../src/clock/real.js';
import { requestsInterceptor } from '../../src/rpc/interceptors/requests.js';
import { statusError } from '../../src/rpc/status.js';
import { virtdc } from '../cli/terminal.js';
import { GIB, refused, World } from '../rpc/service.js';

const ANN = 'ann-secret-of-the-test';
const BOT = 'bot-secret-of-the-test';

describe('a caller with a token', () => {
  let directory: string;
  let tokens: string;
  let world: World;
  const clients: VirtdcClient[] = [];
  const as = (token?: string): VirtdcClient => {
    const client = connect(world.address, undefined, token);
    clients.push(client);
    return client;
  };

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virtdc-caller-'));
    tokens = join(directory, 'tokens');
    await writeFile(tokens, `${ANN} ann admin\n${BOT} bot operator\n`);
    world = await World.start({ env: { VIRTDC_TOKENS: tokens } });
  });
  after(async () => {
    for (const client of clients) client.close();
    await world.end();
    await rm(directory, { recursive: true });
  });

  it('owns its operations and its request ids', async () => {
    const [ann, bot] = [as(ANN), as(BOT)];
    const xml = `<node_info><nodes><node><hostname>n1</hostname><ipv4address>10.0.0.1</ipv4address><max_capacity>
      <cpu_core>8</cpu_core><memory>${8 * GIB}</memory><io>${8 * GIB}</io></max_capacity></node></nodes></node_info>`;
    await ann.hosts.importNodeInfo({ xml });
    await refused(bot.hosts.cordonHost({ hostname: 'n2' }), 'NOT_FOUND', 'HOST_NOT_FOUND');
    const denied = await refused(bot.hosts.removeHost({ hostname: 'n1' }), 'PERMISSION_DENIED', 'ROLE_REQUIRED');
    assert.deepEqual({ ...denied.metadata }, { principal: 'bot', role: 'operator', required_role: 'admin' });

    // One id, two callers, two requests: neither is the other's.
    const requestId = 'the-same';
    const one = await ann.hosts.updateHost({ hostname: 'n1', setLabels: { by: 'ann' }, requestId });
    assert.equal(one.host?.labels.by, 'ann');
    await bot.hosts.cordonHost({ hostname: 'n1', requestId });
    await bot.hosts.uncordonHost({ hostname: 'n1', requestId });
    await refused(
      ann.hosts.updateHost({ hostname: 'n1', setLabels: { by: 'eve' }, requestId }),
      'INVALID_ARGUMENT',
      'REQUEST_ID_REUSED',
    );
    const log = await world.database.connect().readLog(0, 1_000);
    const adminStates = log.flatMap((entry) =>
      entry.kind === 'host' && entry.principal === 'bot' ? [entry.after?.adminState] : [],
    );
    assert.deepEqual(adminStates, ['CORDONED', 'AVAILABLE']);
    assert.ok(log.some((entry) => entry.kind === 'host' && entry.principal === 'ann'));
  });

  it('shows it on the command line from a file', async () => {
    const file = join(directory, 'ann');
    await writeFile(file, `${ANN}\n`);
    const shown = await virtdc(world.address, ['hosts'], { environment: {} });
    assert.equal(shown.code, Status.UNAUTHENTICATED, shown.err);
    assert.equal((await virtdc(world.address, ['--token-file', file, 'hosts'])).code, 0);
    await writeFile(file, 'two words');
    assert.equal((await virtdc(world.address, ['--token-file', file, 'hosts'])).code, 64);
  });

  it('is nobody once its line is gone', async () => {
    const bot = as(BOT);
    await bot.guests.listGuests({});
    await writeFile(tokens, `${ANN} ann admin\n`);
    for (;;) {
      const gone = await bot.guests.listGuests({}).then(
        () => undefined,
        (error: { reason?: string }) => error.reason,
      );
      if (gone !== undefined) return assert.equal(gone, 'BAD_TOKEN');
    }
  });
});

describe('the log of calls', () => {
  it('says who asked what and how it came out, in one line whatever the caller wrote', async () => {
    const lines: string[] = [];
    const log = pino({}, { write: (line: string) => lines.push(line) });
    const requests = requestsInterceptor(log, { clock: realClock, trail: { add: () => {} } }, { ended: () => {} });
    const context = {
      caller: { principal: 'bot', role: 'operator' as const },
      metadata: Metadata({ authorization: `Bearer ${BOT}` }),
      header: Metadata(),
      trailer: Metadata(),
      peer: '127.0.0.1:1',
      sendHeader: () => {},
      signal: new AbortController().signal,
    };
    const call = {
      method: { path: '/virtdc.v1.HostInfo/RemoveHost', requestStream: false, responseStream: false, options: {} },
      requestStream: false as const,
      responseStream: false as const,
      request: { hostname: `n1\r\n{"forged":true}${'x'.repeat(1_000)}`, requestId: 'r\n1' },
      // biome-ignore lint/correctness/useYield: what a unary method's middleware is given.
      async *next() {
        throw statusError('ROLE_REQUIRED', 'bot has the role operator');
      },
    };
    await assert.rejects(async () => {
      await requests(call as never, context).next();
    });
    assert.equal(lines.length, 1);
    assert.equal(lines[0]?.trimEnd().includes('\n'), false);
    assert.ok(!lines.join().includes(BOT));
    const { level, principal, role, method, target, requestId, code, reason } = JSON.parse(lines[0] ?? '');
    assert.deepEqual(
      { level, principal, role, method, requestId, code, reason },
      {
        level: 40,
        principal: 'bot',
        role: 'operator',
        method: '/virtdc.v1.HostInfo/RemoveHost',
        requestId: 'r\\u000a1',
        code: 'PERMISSION_DENIED',
        reason: 'ROLE_REQUIRED',
      },
    );
    assert.equal(target.length, 256);
  });
});
