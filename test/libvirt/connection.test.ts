// One connection against a daemon in the test's hands: every call ends, as it should, whatever comes over the wire.

import assert from 'node:assert/strict';
import {
  CallAbortedError,
  CallWithheldError,
  ConnectionClosedError,
  DeadlineExceededError,
  isNoDomain,
  LibvirtError,
  ProtocolViolationError,
  QueueFullError,
  UnansweredError,
} from '../../src/libvirt/errors.js';
import { procedures as p } from '../../src/libvirt/procedures.js';
import { CALL, closePairs, packet, pair, REPLY, replyPacket, STREAM } from './fake-daemon.js';

const outcome = (value: string) => (error: unknown) => {
  assert.ok(error instanceof UnansweredError);
  assert.equal(error.outcome, value);
  return true;
};

const PING = 1;
const PONG = 2;

describe('libvirt connection', () => {
  afterEach(closePairs);

  it('sends a call and decodes its reply', async () => {
    const { connection, daemon } = pair();
    const answer = connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: 'g1' });
    const call = await daemon.next();
    assert.deepEqual(
      { ...call.header, serial: 0 },
      { program: 0x20008086, version: 1, procedure: 23, type: CALL, serial: 0, status: 0 },
    );
    assert.deepEqual(daemon.args(p.DOMAIN_LOOKUP_BY_NAME, call), { name: 'g1' });
    const dom = { name: 'g1', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 4 };
    daemon.reply(p.DOMAIN_LOOKUP_BY_NAME, call, { dom });
    assert.deepEqual(await answer, { dom });
  });

  it('matches replies that come out of order and in the smallest pieces', async () => {
    const { connection, daemon } = pair();
    const answers = ['a', 'b', 'c', 'd'].map((name) => connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name }));
    const calls = [await daemon.next(), await daemon.next(), await daemon.next(), await daemon.next()];
    assert.equal(new Set(calls.map(({ header }) => header.serial)).size, 4);
    const replies = calls.reverse().map((call) => {
      const { name } = daemon.args(p.DOMAIN_LOOKUP_BY_NAME, call);
      const dom = { name, uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: -1 };
      return replyPacket(p.DOMAIN_LOOKUP_BY_NAME, call.header.serial, { dom });
    });
    for (const byte of Buffer.concat(replies)) daemon.socket.write(Buffer.from([byte]));
    assert.deepEqual(
      (await Promise.all(answers)).map(({ dom }) => dom.name),
      ['a', 'b', 'c', 'd'],
    );
  });

  it('turns an error reply into a LibvirtError with code, domain, level and procedure', async () => {
    const { connection, daemon } = pair();
    const answer = connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: 'g1' });
    daemon.replyError(await daemon.next(), 42, 'no domain');
    await assert.rejects(answer, (error) => {
      assert.ok(error instanceof LibvirtError && isNoDomain(error));
      const { code, domain, level, message, procedure } = error;
      assert.deepEqual(
        { code, domain, level, message, procedure },
        { code: 42, domain: 10, level: 2, message: 'no domain', procedure: 'DOMAIN_LOOKUP_BY_NAME' },
      );
      return true;
    });
    const silent = connection.call(p.CONNECT_GET_HOSTNAME, {});
    daemon.replyError(await daemon.next(), 1, null);
    await assert.rejects(silent, LibvirtError);
  });

  it('sends nothing when an argument does not fit', async () => {
    const { connection, daemon } = pair();
    await assert.rejects(connection.call(p.DOMAIN_LOOKUP_BY_UUID, { uuid: '1' }), RangeError);
    await assert.rejects(connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: 'a\0b' }), RangeError);
    const answer = connection.call(p.CONNECT_GET_HOSTNAME, {});
    daemon.reply(p.CONNECT_GET_HOSTNAME, await daemon.next(), { hostname: 'h' });
    assert.deepEqual(await answer, { hostname: 'h' });
    assert.equal(daemon.pending, 0);
  });

  it('withholds what would change something, if that is not allowed any more when its turn comes', async () => {
    let allowed = true;
    const { connection, daemon } = pair({ callsInFlight: 1, longCallsInFlight: 1 }, { mayChange: () => allowed });
    const dom = { name: '', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: -1 };
    const deed = () => connection.call(p.DOMAIN_SUSPEND, { dom });
    const sent = deed();
    const [withheld, alsoWithheld] = [deed(), deed()].map((call) =>
      assert.rejects(call, (error) => error instanceof CallWithheldError && outcome('NOT_SENT')(error)),
    );
    const look = connection.call(p.CONNECT_GET_HOSTNAME, {});
    const first = await daemon.next();
    allowed = false;
    daemon.reply(p.DOMAIN_SUSPEND, first, {});
    await Promise.all([sent, withheld, alsoWithheld]);
    daemon.reply(p.CONNECT_GET_HOSTNAME, await daemon.next(), { hostname: 'h' });
    assert.deepEqual(await look, { hostname: 'h' });
    await assert.rejects(deed(), CallWithheldError);
    allowed = true;
    const again = deed();
    daemon.reply(p.DOMAIN_SUSPEND, await daemon.next(), {});
    await again;
    assert.equal(daemon.pending, 0);
  });

  it('loses only the call whose reply is truncated or too long', async () => {
    const { connection, daemon } = pair();
    const answers = [1, 2, 3].map(() =>
      connection.call(p.DOMAIN_GET_STATE, {
        dom: { name: '', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 1 },
        flags: 0,
      }),
    );
    const [first, second, third] = [await daemon.next(), await daemon.next(), await daemon.next()];
    daemon.socket.write(packet({ procedure: 212, serial: first.header.serial }, Buffer.alloc(4)));
    daemon.socket.write(packet({ procedure: 212, serial: second.header.serial }, Buffer.alloc(12)));
    daemon.reply(p.DOMAIN_GET_STATE, third, { state: 1, reason: 5 });
    await assert.rejects(answers[0] ?? Promise.resolve(), ProtocolViolationError);
    await assert.rejects(answers[1] ?? Promise.resolve(), ProtocolViolationError);
    assert.deepEqual(await answers[2], { state: 1, reason: 5 });
  });

  const wrong: [string, (serial: number) => Buffer][] = [
    ['a packet larger than allowed', () => Buffer.from('7fffffff', 'hex')],
    ['a packet shorter than its header', () => Buffer.from('0000001b', 'hex')],
    ['a reply of another program', (serial) => packet({ program: 0x20008087, procedure: 59, serial })],
    ['a reply of another procedure', (serial) => packet({ procedure: 60, serial })],
    ['a reply to no call', (serial) => packet({ procedure: 59, serial: serial + 1 })],
    ['a reply with a stream status', (serial) => packet({ procedure: 59, serial, status: 2 })],
    ['another version', (serial) => packet({ procedure: 59, serial, version: 2 })],
    ['a call from the daemon', (serial) => packet({ procedure: 59, serial, type: CALL })],
    ['a stream hole that was not asked for', (serial) => packet({ procedure: 59, serial, type: 6 })],
  ];
  for (const [what, bytes] of wrong) {
    it(`closes with a protocol violation at ${what}`, async () => {
      const { connection, daemon } = pair();
      const answer = connection.call(p.CONNECT_GET_HOSTNAME, {});
      const { header } = await daemon.next();
      daemon.socket.write(bytes(header.serial));
      await assert.rejects(answer, ConnectionClosedError);
      assert.equal((await connection.closed).kind, 'PROTOCOL');
    });
  }

  it('ignores messages it does not follow and data of streams it does not have', async () => {
    const seen: number[] = [];
    const { connection, daemon } = pair({}, { onMessage: (procedure) => void seen.push(procedure) });
    daemon.socket.write(packet({ procedure: 999, type: 2, serial: 0 }));
    daemon.socket.write(packet({ procedure: 209, type: STREAM, serial: 77, status: 2 }, Buffer.from('x')));
    const answer = connection.call(p.CONNECT_GET_HOSTNAME, {});
    daemon.reply(p.CONNECT_GET_HOSTNAME, await daemon.next(), { hostname: 'h' });
    await answer;
    assert.deepEqual(seen, [999]);
  });

  it('drops the late reply of a call whose deadline passed, and goes on', async () => {
    const { connection, daemon } = pair();
    const late = connection.call(p.CONNECT_GET_HOSTNAME, {}, { deadlineMs: 1 });
    const lateCall = await daemon.next();
    await assert.rejects(late, (error) => error instanceof DeadlineExceededError && outcome('UNKNOWN')(error));
    const next = connection.call(p.CONNECT_GET_HOSTNAME, {});
    const nextCall = await daemon.next();
    assert.notEqual(nextCall.header.serial, lateCall.header.serial);
    daemon.reply(p.CONNECT_GET_HOSTNAME, lateCall, { hostname: 'late' });
    daemon.reply(p.CONNECT_GET_HOSTNAME, nextCall, { hostname: 'next' });
    assert.deepEqual(await next, { hostname: 'next' });
    const again = connection.call(p.CONNECT_GET_HOSTNAME, {});
    daemon.reply(p.CONNECT_GET_HOSTNAME, await daemon.next(), { hostname: 'again' });
    assert.deepEqual(await again, { hostname: 'again' });
  });

  it('gives a call up at its signal, sent or not', async () => {
    const { connection, daemon } = pair({ callsInFlight: 1 });
    const abort = new AbortController();
    const running = connection.call(p.CONNECT_GET_HOSTNAME, {}, { signal: abort.signal });
    const waiting = connection.call(p.CONNECT_GET_HOSTNAME, {}, { signal: abort.signal });
    const call = await daemon.next();
    const reason = new Error('enough');
    abort.abort(reason);
    await assert.rejects(
      running,
      (error) => error instanceof CallAbortedError && error.cause === reason && outcome('UNKNOWN')(error),
    );
    await assert.rejects(waiting, outcome('NOT_SENT'));
    await assert.rejects(connection.call(p.CONNECT_GET_HOSTNAME, {}, { signal: abort.signal }), outcome('NOT_SENT'));
    const next = connection.call(p.CONNECT_GET_HOSTNAME, {});
    daemon.reply(p.CONNECT_GET_HOSTNAME, call, { hostname: 'late' });
    daemon.reply(p.CONNECT_GET_HOSTNAME, await daemon.next(), { hostname: 'next' });
    assert.deepEqual(await next, { hostname: 'next' });
  });

  it('keeps calls in flight and waiting within their bounds', async () => {
    const { connection, daemon } = pair({ callsInFlight: 2, callsWaiting: 2 });
    const answers = [0, 1, 2, 3].map((cpus) => connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: `g${cpus}` }));
    await assert.rejects(
      connection.call(p.CONNECT_GET_HOSTNAME, {}),
      (error) => error instanceof QueueFullError && outcome('NOT_SENT')(error),
    );
    const dom = { name: '', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 1 };
    for (let answered = 0; answered < 4; answered++) {
      const call = await daemon.next();
      assert.equal(daemon.args(p.DOMAIN_LOOKUP_BY_NAME, call).name, `g${answered}`);
      assert.ok(daemon.pending <= 1);
      daemon.reply(p.DOMAIN_LOOKUP_BY_NAME, call, { dom });
    }
    await Promise.all(answers);
  });

  it('keeps room for short calls beside long ones', async () => {
    const { connection, daemon } = pair({ longCallsInFlight: 1 });
    const first = connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: 'long 1' }, { long: true, deadlineMs: null });
    const second = connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: 'long 2' }, { long: true, deadlineMs: null });
    const short = connection.call(p.DOMAIN_LOOKUP_BY_NAME, { name: 'short' });
    const dom = { name: '', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 1 };
    const [one, other] = [await daemon.next(), await daemon.next()];
    assert.equal(daemon.args(p.DOMAIN_LOOKUP_BY_NAME, one).name, 'long 1');
    assert.equal(daemon.args(p.DOMAIN_LOOKUP_BY_NAME, other).name, 'short');
    daemon.reply(p.DOMAIN_LOOKUP_BY_NAME, other, { dom });
    await short;
    assert.equal(daemon.pending, 0);
    daemon.reply(p.DOMAIN_LOOKUP_BY_NAME, one, { dom });
    await first;
    const last = await daemon.next();
    assert.equal(daemon.args(p.DOMAIN_LOOKUP_BY_NAME, last).name, 'long 2');
    daemon.reply(p.DOMAIN_LOOKUP_BY_NAME, last, { dom });
    await second;
  });

  it('tells calls that were sent from those that were not when the daemon goes away', async () => {
    const { connection, daemon } = pair({ callsInFlight: 1 });
    const sent = connection.call(p.CONNECT_GET_HOSTNAME, {});
    const waiting = connection.call(p.CONNECT_GET_HOSTNAME, {});
    await daemon.next();
    daemon.socket.end();
    await assert.rejects(
      sent,
      (error) => error instanceof ConnectionClosedError && error.reason.kind === 'PEER' && outcome('UNKNOWN')(error),
    );
    await assert.rejects(waiting, outcome('NOT_SENT'));
    await assert.rejects(connection.call(p.CONNECT_GET_HOSTNAME, {}), outcome('NOT_SENT'));
    assert.equal((await connection.closed).kind, 'PEER');
  });

  it('ends what is open when it is closed here', async () => {
    const { connection, daemon } = pair();
    const sent = connection.call(p.CONNECT_GET_HOSTNAME, {});
    await daemon.next();
    connection.close();
    connection.close();
    await assert.rejects(sent, outcome('UNKNOWN'));
    assert.equal((await connection.closed).kind, 'LOCAL');
  });

  it('answers pings', async () => {
    const { daemon } = pair({ keepaliveIntervalMs: 60_000 });
    daemon.keepalive(PING);
    assert.equal(await daemon.nextKeepalive(), PONG);
  });

  it('pings by itself, and takes a daemon for dead that says nothing', async () => {
    const { connection, daemon } = pair({ keepaliveIntervalMs: 5, keepaliveCount: 2 });
    const answer = connection.call(p.CONNECT_GET_HOSTNAME, {}, { deadlineMs: null });
    await daemon.next();
    // Longer than the count of pings that may go unanswered.
    for (let pings = 0; pings < 8; pings++) {
      assert.equal(await daemon.nextKeepalive(), PING);
      daemon.keepalive(PONG);
    }
    await assert.rejects(
      answer,
      (error) =>
        error instanceof ConnectionClosedError && error.reason.kind === 'KEEPALIVE' && outcome('UNKNOWN')(error),
    );
  });

  it('keeps replies of the two programs apart', async () => {
    const { connection, daemon } = pair();
    const dom = { name: '', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 1 };
    const answer = connection.call(p.QEMU_DOMAIN_AGENT_COMMAND, { dom, command: '{}', timeoutS: 5, flags: 0 });
    const call = await daemon.next();
    assert.equal(call.header.program, 0x20008087);
    daemon.reply(p.QEMU_DOMAIN_AGENT_COMMAND, call, { result: '{"return":{}}' });
    assert.deepEqual(await answer, { result: '{"return":{}}' });
    assert.equal(call.header.type + 1, REPLY);
  });
});
