// Streams against a daemon in the test's hands: bytes both ways, backpressure, and every way a stream can end.

import assert from 'node:assert/strict';
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { libvirtCalls } from '../../src/libvirt/client.js';
import type { ConnectionLimits } from '../../src/libvirt/limits.js';
import { procedures as p } from '../../src/libvirt/procedures.js';
import {
  CONTINUE,
  closePairs,
  ERROR,
  type FakeDaemon,
  OK,
  type Packet,
  type Pair,
  pair,
  STREAM,
} from './fake-daemon.js';

const vol = { pool: 'p', name: 'v', key: '/v' };
const download = { vol, offset: 0n, length: 0n, flags: 0 };

interface Opened extends Pair {
  readonly stream: Duplex;
  readonly call: Packet;
}

async function opened(limits: Partial<ConnectionLimits> = {}): Promise<Opened> {
  const { connection, daemon } = pair(limits);
  const opening = connection.openStream(p.STORAGE_VOL_DOWNLOAD, download);
  const call = await daemon.next();
  daemon.reply(p.STORAGE_VOL_DOWNLOAD, call, {});
  return { connection, daemon, call, stream: await opening };
}

/** The connection is as good as before. */
async function stillCarriesCalls({ connection, daemon }: Pair): Promise<void> {
  const answer = connection.call(p.CONNECT_GET_HOSTNAME, {});
  daemon.reply(p.CONNECT_GET_HOSTNAME, await daemon.next(), { hostname: 'h' });
  assert.deepEqual(await answer, { hostname: 'h' });
}

async function uploadTo(daemon: FakeDaemon): Promise<{ call: Packet; bytes: Buffer; sizes: number[] }> {
  const call = await daemon.next();
  daemon.reply(p.STORAGE_VOL_UPLOAD, call, {});
  const parts: Buffer[] = [];
  for (;;) {
    const packet = await daemon.next();
    assert.deepEqual(
      { type: packet.header.type, serial: packet.header.serial },
      { type: STREAM, serial: call.header.serial },
    );
    if (packet.header.status === OK) break;
    assert.equal(packet.header.status, CONTINUE);
    parts.push(packet.body);
  }
  return { call, bytes: Buffer.concat(parts), sizes: parts.map(({ length }) => length) };
}

describe('libvirt stream', () => {
  afterEach(closePairs);

  it('reads to the end, which it confirms', async () => {
    const { connection, daemon, call, stream } = await opened();
    const content = buffer(stream);
    daemon.stream(call, CONTINUE, Buffer.from('hello '));
    daemon.stream(call, CONTINUE, Buffer.from('world'));
    daemon.stream(call, CONTINUE);
    const end = await daemon.next();
    assert.equal(end.header.status, OK);
    assert.equal(end.body.length, 0);
    daemon.stream(call, OK);
    assert.equal(String(await content), 'hello world');
    await stillCarriesCalls({ connection, daemon });
  });

  it('takes data that comes in one piece with the reply', async () => {
    const { connection, daemon } = pair();
    const opening = connection.openStream(p.STORAGE_VOL_DOWNLOAD, download);
    const call = await daemon.next();
    daemon.socket.cork();
    daemon.reply(p.STORAGE_VOL_DOWNLOAD, call, {});
    daemon.stream(call, CONTINUE, Buffer.from('at once'));
    daemon.stream(call, CONTINUE);
    daemon.socket.uncork();
    const content = buffer(await opening);
    await daemon.next();
    daemon.stream(call, OK);
    assert.equal(String(await content), 'at once');
  });

  it('uploads in packets that every daemon takes, and waits for the confirmation', async () => {
    const { connection, daemon } = pair();
    const source = Buffer.alloc(600_000, 7);
    let confirmed = false;
    const upload = libvirtCalls(connection)
      .volumes.upload(vol, [source, Buffer.from('end')])
      .then(() => assert.ok(confirmed));
    const { call, bytes, sizes } = await uploadTo(daemon);
    assert.ok(bytes.equals(Buffer.concat([source, Buffer.from('end')])));
    assert.deepEqual(sizes, [262_120, 262_120, 75_760, 3]);
    confirmed = true;
    daemon.stream(call, OK);
    await upload;
    await stillCarriesCalls({ connection, daemon });
  });

  it('fails an upload whose end the daemon does not confirm but refuses', async () => {
    const { connection, daemon } = pair();
    const upload = libvirtCalls(connection).volumes.upload(vol, [Buffer.from('x')]);
    const { call } = await uploadTo(daemon);
    daemon.streamError(call, 38, 'no space left');
    await assert.rejects(upload, { name: 'LibvirtError', code: 38, message: 'no space left' });
    await stillCarriesCalls({ connection, daemon });
  });

  it('fails with the error the daemon aborts it with', async () => {
    const { connection, daemon, call, stream } = await opened();
    const content = buffer(stream);
    daemon.stream(call, CONTINUE, Buffer.from('some'));
    daemon.streamError(call, 38, 'read error');
    await assert.rejects(content, { name: 'LibvirtError', message: 'read error', procedure: 'STORAGE_VOL_DOWNLOAD' });
    await stillCarriesCalls({ connection, daemon });
  });

  it('aborts at the daemon when it is destroyed, and drops what is still on the way', async () => {
    const { connection, daemon, call, stream } = await opened();
    daemon.stream(call, CONTINUE, Buffer.from('some'));
    for await (const chunk of stream) {
      assert.equal(String(chunk), 'some');
      break;
    }
    assert.equal((await daemon.next()).header.status, ERROR);
    daemon.stream(call, CONTINUE, Buffer.from('late'));
    daemon.stream(call, OK);
    await stillCarriesCalls({ connection, daemon });
  });

  it('is aborted by its signal at any time', async () => {
    const { connection, daemon } = pair();
    const abort = new AbortController();
    const opening = connection.openStream(
      p.DOMAIN_OPEN_CONSOLE,
      { dom: { name: '', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 1 }, device: null, flags: 0 },
      { signal: abort.signal, idleMs: null },
    );
    daemon.reply(p.DOMAIN_OPEN_CONSOLE, await daemon.next(), {});
    const content = buffer(await opening);
    abort.abort();
    await assert.rejects(content, { name: 'AbortError' });
    assert.equal((await daemon.next()).header.status, ERROR);
  });

  it('takes back a stream that opens after its caller gave up', async () => {
    const { connection, daemon } = pair();
    await assert.rejects(connection.openStream(p.STORAGE_VOL_DOWNLOAD, download, { deadlineMs: 1 }), {
      name: 'DeadlineExceededError',
    });
    const call = await daemon.next();
    daemon.reply(p.STORAGE_VOL_DOWNLOAD, call, {});
    daemon.stream(call, CONTINUE, Buffer.from('nobody reads this'));
    const abort = await daemon.next();
    assert.deepEqual(
      { status: abort.header.status, serial: abort.header.serial },
      { status: ERROR, serial: call.header.serial },
    );
    daemon.stream(call, OK);
    await stillCarriesCalls({ connection, daemon });
  });

  it('fails when nothing moves for too long', async () => {
    const { connection, daemon, stream } = await opened({ streamIdleMs: 5 });
    await assert.rejects(buffer(stream), { name: 'DeadlineExceededError', outcome: 'UNKNOWN' });
    assert.equal((await daemon.next()).header.status, ERROR);
    await stillCarriesCalls({ connection, daemon });
  });

  it('fails when the connection ends', async () => {
    const { daemon, stream } = await opened();
    const content = buffer(stream);
    daemon.socket.end();
    await assert.rejects(content, { name: 'ConnectionClosedError', outcome: 'UNKNOWN' });
  });

  it('stops the connection while its reader lags, which no keepalive takes for death', async () => {
    const { connection, daemon, call, stream } = await opened({
      streamBufferBytes: 1000,
      keepaliveIntervalMs: 5,
      keepaliveCount: 1,
    });
    let accepted = 0;
    while (!daemon.socket.writableNeedDrain) {
      daemon.stream(call, CONTINUE, Buffer.alloc(1000));
      accepted++;
      await new Promise((resolve) => setImmediate(resolve));
      assert.ok(accepted < 1000, 'the daemon is held up');
    }
    // Pings keep going out, so that the daemon does not take us for dead.
    for (let pings = 0; pings < 4; pings++) assert.equal(await daemon.nextKeepalive(), 1);
    const content = buffer(stream);
    daemon.stream(call, CONTINUE);
    assert.equal((await daemon.next()).header.status, OK);
    daemon.stream(call, OK);
    assert.equal((await content).length, accepted * 1000);
    await stillCarriesCalls({ connection, daemon });
  });

  it('writes and reads at the same time', async () => {
    const { daemon, call, stream } = await opened();
    stream.write('to the daemon');
    const sent = await daemon.next();
    assert.deepEqual([sent.header.status, String(sent.body)], [CONTINUE, 'to the daemon']);
    daemon.stream(call, CONTINUE, Buffer.from('echo'));
    const [echo] = (await once(stream, 'data')) as [Buffer];
    assert.equal(String(echo), 'echo');
    daemon.stream(call, OK);
    await once(stream, 'close');
    assert.ok(stream.writableEnded);
  });
});
