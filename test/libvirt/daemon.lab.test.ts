// What a caller sees when a real daemon dies or freezes in the middle of a call, and how a supervised connection comes back.

import assert from 'node:assert/strict';
import { LifecycleEvent, type LinkState, superviseLibvirt } from '../../src/libvirt/client.js';
import { lab, needsLab } from '../lab.js';
import { EventLog } from './event-log.js';
import { connectTo, guestXml, socketUri } from './lab-guest.js';

describe('libvirt daemon', function () {
  this.timeout(120_000);
  before(needsLab(2));

  it('killed in the middle of a call leaves the call unknown and the next one unsent', async () => {
    const host = await connectTo('node1');
    await lab('freeze', 'node1');
    const calls = [host.host.hostname({ deadlineMs: null }), host.domains.list(0, { deadlineMs: null })];
    const ends = Promise.allSettled(calls);
    await lab('kill', 'node1', 'daemon');
    for (const end of await ends) {
      assert.equal(end.status, 'rejected');
      assert.equal(end.reason.name, 'ConnectionClosedError');
      assert.equal(end.reason.outcome, 'UNKNOWN');
    }
    assert.ok(['PEER', 'SOCKET_ERROR'].includes((await host.closed).kind));
    await assert.rejects(host.host.hostname(), { outcome: 'NOT_SENT' });
    await lab('start', 'node1');
  });

  it('frozen holds up only its own calls, and keepalive ends the connection', async () => {
    const limits = { keepaliveIntervalMs: 200, keepaliveCount: 3 };
    const frozen = await connectTo('node1', { limits });
    const other = await connectTo('node2');
    await lab('freeze', 'node1');
    await assert.rejects(frozen.host.hostname({ deadlineMs: 100 }), {
      name: 'DeadlineExceededError',
      outcome: 'UNKNOWN',
    });
    assert.equal(await other.host.hostname(), 'node2');
    const waiting = frozen.host.hostname({ deadlineMs: null });
    await assert.rejects(waiting, { name: 'ConnectionClosedError', outcome: 'UNKNOWN' });
    assert.equal((await frozen.closed).kind, 'KEEPALIVE');
    await lab('thaw', 'node1');
    other.close();
  });

  it('frozen and thawed still carries out the create whose deadline passed; its late answer disturbs nothing', async () => {
    const host = await connectTo('node1');
    const guest = await guestXml('late-start');
    const events = new EventLog();
    const observer = await connectTo('node1', { events: ['lifecycle'], onEvent: events.add });
    await lab('freeze', 'node1');
    await assert.rejects(host.domains.create(guest.xml, 0, { deadlineMs: 100 }), { outcome: 'UNKNOWN' });
    const next = host.host.hostname({ deadlineMs: null });
    await lab('thaw', 'node1');
    assert.equal(await next, 'node1');
    await events.until('lifecycle', guest.uuid, ({ event }) => event === LifecycleEvent.STARTED);
    assert.equal((await host.domains.lookup(guest.uuid)).name, 'late-start');
    await host.domains.destroy(guest.uuid);
    host.close();
    observer.close();
  });

  it('restarted is found again by a supervised connection, which says so', async () => {
    const states: LinkState[] = [];
    const events: string[] = [];
    const host = superviseLibvirt(socketUri('node1'), {
      reconnect: { leastDelayMs: 10, mostDelayMs: 200 },
      events: ['lifecycle'],
      onState: (state) => void states.push(state),
      onEvent: (event) => void events.push(`${event.kind} ${event.domain.name}`),
    });
    assert.equal(host.generation(), undefined);
    await assert.rejects(host.host.hostname(), { name: 'ConnectionClosedError', outcome: 'NOT_SENT' });
    assert.equal(await host.connected(), 1);
    await lab('kill', 'node1', 'daemon');
    const second = host.renew();
    await lab('start', 'node1');
    const generation = await second;
    assert.ok(generation > 1);
    assert.equal(await host.host.hostname(), 'node1');
    const kinds = states.map(({ kind }) => kind);
    assert.deepEqual(kinds.filter((kind) => kind !== 'ATTEMPT_FAILED').slice(0, 3), [
      'CONNECTED',
      'DISCONNECTED',
      'CONNECTED',
    ]);

    // Events are registered anew.
    const { xml, uuid } = await guestXml('registered');
    const domain = await host.domains.define(xml);
    await host.domains.undefine(uuid);
    assert.equal(domain.uuid, uuid);
    await host.host.hostname();
    assert.deepEqual(events, ['lifecycle registered', 'lifecycle registered']);

    assert.equal(await host.renew(), generation + 1);
    await host.close();
    await assert.rejects(host.connected(), { name: 'ConnectionClosedError' });
    await assert.rejects(host.host.hostname(), { outcome: 'NOT_SENT' });
  });
});
