// A supervised connection against a daemon that comes and goes.

import assert from 'node:assert/strict';
import { EventEmitter, once } from 'node:events';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import {
  type DomainEvent,
  type LinkState,
  parseLibvirtUri,
  type SupervisedLibvirt,
  type SuperviseOptions,
  superviseLibvirt,
} from '../../src/libvirt/client.js';
import { procedures as p } from '../../src/libvirt/procedures.js';
import { FakeDaemon, MESSAGE, type Packet, packet } from './fake-daemon.js';

/** Plays a daemon for every connection: opens, registers and says its name, unless told to hang up. */
class FakeHost {
  readonly server: Server;
  readonly sockets = new Set<Socket>();
  readonly registered: number[] = [];
  hangUp = false;

  private constructor() {
    this.server = createServer((socket) => {
      this.sockets.add(socket);
      socket.on('close', () => this.sockets.delete(socket));
      if (this.hangUp) socket.destroy();
      else void this.#serve(new FakeDaemon(socket));
    });
  }

  static async listen(): Promise<FakeHost> {
    const host = new FakeHost();
    host.server.listen(0, '127.0.0.1');
    await once(host.server, 'listening');
    return host;
  }

  get uri() {
    return parseLibvirtUri(`qemu+tcp://127.0.0.1:${(this.server.address() as AddressInfo).port}/system`);
  }

  /** Cuts every connection off. */
  drop(): void {
    for (const socket of this.sockets) socket.destroy();
  }

  async close(): Promise<void> {
    this.drop();
    this.server.close();
    await once(this.server, 'close');
  }

  async #serve(daemon: FakeDaemon): Promise<void> {
    for (;;) this.#answer(daemon, await daemon.next());
  }

  #answer(daemon: FakeDaemon, call: Packet): void {
    switch (call.header.procedure) {
      case p.AUTH_LIST.number:
        daemon.reply(p.AUTH_LIST, call, { types: [0] });
        break;
      case p.CONNECT_OPEN.number:
        assert.deepEqual(daemon.args(p.CONNECT_OPEN, call), { name: 'qemu:///system', flags: 0 });
        daemon.reply(p.CONNECT_OPEN, call, {});
        break;
      case p.CONNECT_SUPPORTS_FEATURE.number:
        daemon.reply(p.CONNECT_SUPPORTS_FEATURE, call, { supported: true });
        break;
      case p.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY.number:
        this.registered.push(daemon.args(p.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, call).eventId);
        daemon.reply(p.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, call, { callbackId: this.registered.length });
        break;
      case p.CONNECT_GET_HOSTNAME.number:
        daemon.reply(p.CONNECT_GET_HOSTNAME, call, { hostname: 'fake' });
        break;
    }
  }
}

describe('libvirt reconnect', () => {
  let host: FakeHost;
  let link: SupervisedLibvirt | undefined;
  let states: LinkState[];
  let changes: EventEmitter;

  /** The next state of this kind. */
  async function next<K extends LinkState['kind']>(kind: K): Promise<Extract<LinkState, { kind: K }>> {
    const [state] = (await once(changes, kind)) as [Extract<LinkState, { kind: K }>];
    return state;
  }

  function start(options: Partial<SuperviseOptions> = {}): SupervisedLibvirt {
    link = superviseLibvirt(host.uri, {
      reconnect: { leastDelayMs: 1, mostDelayMs: 8 },
      ...options,
      onState: (state) => {
        states.push(state);
        changes.emit(state.kind, state);
      },
    });
    return link;
  }

  beforeEach(async () => {
    host = await FakeHost.listen();
    states = [];
    changes = new EventEmitter();
  });
  afterEach(async () => {
    await link?.close();
    link = undefined;
    await host.close();
  });

  it('comes back after a loss, says so, and registers its events anew', async () => {
    const supervised = start({ events: ['lifecycle', 'balloonChange'] });
    assert.equal(await supervised.connected(), 1);
    assert.equal(await supervised.host.hostname(), 'fake');
    const lost = next('DISCONNECTED');
    const back = next('CONNECTED');
    host.drop();
    assert.equal((await lost).generation, 1);
    assert.equal((await back).generation, 2);
    assert.equal(await supervised.connected(), 2);
    assert.equal(await supervised.host.hostname(), 'fake');
    assert.deepEqual(host.registered, [0, 13, 0, 13]);
    assert.deepEqual(
      states.map(({ kind }) => kind),
      ['CONNECTED', 'DISCONNECTED', 'CONNECTED'],
    );
  });

  it('waits longer after each failure, up to the most, less a random half', async () => {
    host.hangUp = true;
    start({ reconnect: { leastDelayMs: 2, mostDelayMs: 10 }, random: () => 0.5 });
    while (states.length < 5) await next('ATTEMPT_FAILED');
    assert.deepEqual(
      states.map((state) => (state.kind === 'ATTEMPT_FAILED' ? [state.attempt, state.retryInMs] : state)),
      [
        [1, 2],
        [2, 3],
        [3, 6],
        [4, 8],
        [5, 8],
      ],
    );
  });

  it('rejects calls at once while there is no connection, and waits only for who wants to', async () => {
    host.hangUp = true;
    const supervised = start();
    await next('ATTEMPT_FAILED');
    assert.equal(supervised.generation(), undefined);
    await assert.rejects(supervised.host.hostname(), { name: 'ConnectionClosedError', outcome: 'NOT_SENT' });
    const abort = new AbortController();
    const waiting = supervised.connected(abort.signal);
    abort.abort(new Error('enough'));
    await assert.rejects(waiting, { message: 'enough' });
    host.hangUp = false;
    assert.equal(await supervised.connected(), 1);
    assert.equal(supervised.generation(), 1);
  });

  it('drops its connection for a newer one when asked', async () => {
    const supervised = start();
    await supervised.connected();
    assert.equal(await supervised.renew(), 2);
    assert.equal(await supervised.host.hostname(), 'fake');
    assert.equal(host.sockets.size, 1);
  });

  it('hands events on in the order they come', async () => {
    const events: DomainEvent[] = [];
    const supervised = start({ events: ['lifecycle'], onEvent: (event) => void events.push(event) });
    await supervised.connected();
    const domain = '0000000267310000' + 'd1c0de000000400080000000000000ff' + '00000004';
    for (const [event, detail] of [
      [2, 0],
      [5, 1],
    ] as const) {
      const body = Buffer.from(`00000001${domain}0000000${event}0000000${detail}`, 'hex');
      for (const socket of host.sockets) socket.write(packet({ procedure: 318, type: MESSAGE, serial: 0 }, body));
    }
    await supervised.host.hostname();
    assert.deepEqual(
      events.map((event) => event.kind === 'lifecycle' && [event.event, event.detail]),
      [
        [2, 0],
        [5, 1],
      ],
    );
  });

  it('stops for good when it is closed, in whatever state', async () => {
    const supervised = start();
    await supervised.connected();
    await supervised.close();
    await supervised.close();
    assert.equal(supervised.generation(), undefined);
    await assert.rejects(supervised.connected(), { name: 'ConnectionClosedError' });
    await assert.rejects(supervised.host.hostname(), { outcome: 'NOT_SENT' });

    host.hangUp = true;
    const hopeless = start({ reconnect: { leastDelayMs: 60_000, mostDelayMs: 60_000 } });
    const waiting = assert.rejects(hopeless.connected(), { name: 'ConnectionClosedError' });
    await next('ATTEMPT_FAILED');
    await hopeless.close();
    await waiting;
  });
});
