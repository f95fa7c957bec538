// Events as they come over the wire, in bytes written out by hand.

import assert from 'node:assert/strict';
import { ProtocolViolationError } from '../../src/libvirt/errors.js';
import { decodeEvent, eventId, eventKinds } from '../../src/libvirt/events.js';
import { closePairs, MESSAGE, packet, pair } from './fake-daemon.js';

const CALLBACK = '00000001';
const DOMAIN = '0000000267310000' + 'd1c0de000000400080000000000000ff' + '00000004';
const domain = { name: 'g1', uuid: 'd1c0de00-0000-4000-8000-0000000000ff', id: 4 };

const decoded = (procedure: number, ...hex: string[]) =>
  decodeEvent(procedure, Buffer.from([CALLBACK, DOMAIN, ...hex].join(''), 'hex'));

describe('libvirt events', () => {
  afterEach(closePairs);

  it('are typed by kind', () => {
    assert.deepEqual(decoded(318, '00000005', '00000003'), { kind: 'lifecycle', domain, event: 5, detail: 3 });
    assert.deepEqual(decoded(319), { kind: 'reboot', domain });
    assert.deepEqual(decoded(331, '0000000000020000'), { kind: 'balloonChange', domain, actualKib: 131072n });
    assert.deepEqual(decoded(359, '00000002'), { kind: 'migrationIteration', domain, iteration: 2 });
    assert.deepEqual(decoded(354, '0000000564696d6d30000000'), { kind: 'deviceAdded', domain, alias: 'dimm0' });
    assert.deepEqual(decoded(333, '0000000564696d6d30000000'), { kind: 'deviceRemoved', domain, alias: 'dimm0' });
    assert.deepEqual(decoded(367, '0000000564696d6d30000000'), { kind: 'deviceRemovalFailed', domain, alias: 'dimm0' });
    assert.deepEqual(decoded(348, '00000001', '00000002'), { kind: 'agentLifecycle', domain, state: 1, reason: 2 });
    assert.deepEqual(decoded(379, '00000002', '00000000'), {
      kind: 'metadataChange',
      domain,
      type: 2,
      namespace: null,
    });
    const ioError = decoded(324, '000000022f610000', '0000000376646100', '00000001', '00000006656e6f7370630000');
    assert.deepEqual(ioError, { kind: 'ioError', domain, path: '/a', alias: 'vda', action: 1, reason: 'enospc' });
    const job = decoded(363, '00000001', '00000008646f776e74696d65', '00000004', '00000000000000c8');
    assert.ok(job?.kind === 'jobCompleted');
    assert.equal(job.params.bigint('downtime'), 200n);
  });

  it('have each an id of their own, and those not followed are none', () => {
    assert.equal(new Set(eventKinds.map(eventId)).size, eventKinds.length);
    assert.equal(decodeEvent(321, Buffer.alloc(0)), undefined);
  });

  it('that are cut off end the connection', async () => {
    assert.throws(() => decodeEvent(318, Buffer.from(CALLBACK + DOMAIN, 'hex')), ProtocolViolationError);
    const { connection, daemon } = pair({}, { onMessage: (procedure, body) => void decodeEvent(procedure, body) });
    daemon.socket.write(packet({ procedure: 318, type: MESSAGE, serial: 0 }, Buffer.from(CALLBACK, 'hex')));
    assert.equal((await connection.closed).kind, 'PROTOCOL');
  });
});
