// What guests are asked, beside the looks at their host: who is slow holds up nobody, and an answer that something has
// overtaken is not used.

import assert from 'node:assert/strict';
import { pino } from 'pino';
import { VirtualClock } from '../../src/clock/virtual.js';
import { put } from '../../src/fleet/change.js';
import type { Guest } from '../../src/fleet/guest.js';
import { LIMITS } from '../../src/limits.js';
import { type CallOptions, HypervisorError, type ObservedDomain } from '../../src/ports/hypervisor.js';
import { GuestDetailsReader } from '../../src/reconcile/guest-details.js';
import { parseFleet } from '../fleets/parse.js';

const fleet = parseFleet(`
host  | node1 | 8 | 16GiB | 100GiB |
guest | g1 | node1 | 1/2 | 1GiB/2GiB | 4GiB | RUNNING
guest | g2 | node1 | 1/2 | 1GiB/2GiB | 4GiB | RUNNING
`);
const [g1 = '', g2 = ''] = fleet.guestsOn('node1').map(({ uuid }) => uuid);

const domains: readonly ObservedDomain[] = [g1, g2].map((uuid) => ({
  uuid,
  domainName: uuid,
  state: 'RUNNING',
  stateReason: 'OTHER',
  persistent: false,
  currentCpu: 1,
  maxCpu: 2,
  balloonKib: 1,
  maxMemoryKib: 2,
  migratingOut: false,
}));

/** Agents that answer when they are told to, or when they are given up. */
class Agents {
  readonly address = { hostname: 'node1', uri: '', migrationUri: '' };
  readonly asked: string[] = [];
  private readonly waiting = new Map<string, { resolve(bootId: string): void; reject(error: Error): void }>();

  bootId(uuid: string, { signal }: CallOptions = {}): Promise<string> {
    this.asked.push(uuid);
    return new Promise((resolve, reject) => {
      this.waiting.set(uuid, { resolve, reject });
      signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
    });
  }

  onlineCpu(): Promise<number> {
    return Promise.resolve(1);
  }

  addresses(): Promise<readonly string[]> {
    return Promise.resolve([]);
  }

  answer(uuid: string, bootId: string): void {
    this.waiting.get(uuid)?.resolve(bootId);
  }

  refuse(uuid: string): void {
    this.waiting.get(uuid)?.reject(new HypervisorError('AGENT_UNAVAILABLE', 'node1', 'no agent'));
  }
}

/** All promises that can go on have gone on. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

describe('what guests are asked', () => {
  let agents: Agents;
  let clock: VirtualClock;
  let told: number;
  let reader: GuestDetailsReader;
  beforeEach(() => {
    agents = new Agents();
    clock = new VirtualClock();
    told = 0;
    reader = new GuestDetailsReader(agents, clock, pino({ level: 'silent' }), () => told++);
  });
  afterEach(async () => await reader.stop());

  const bootIds = (): Record<string, string | undefined> =>
    Object.fromEntries([...reader.take()].map(([uuid, { bootId }]) => [uuid, bootId]));

  it('takes the answer of one while another does not answer', async () => {
    reader.ask(fleet, domains);
    agents.answer(g2, 'second');
    await settled();
    assert.equal(told, 1);
    assert.deepEqual(bootIds(), { [g2]: 'second' });
    assert.deepEqual([reader.isAsking(g1), reader.isAsking(g2)], [true, false]);
    assert.deepEqual(bootIds(), {});
  });

  it('asks each once, until it is due again', async () => {
    reader.ask(fleet, domains);
    reader.ask(fleet, domains);
    agents.answer(g1, 'first');
    agents.refuse(g2);
    await settled();
    reader.ask(fleet, domains);
    assert.deepEqual(agents.asked, [g1, g2]);
    await clock.advance(LIMITS.agentRetryMs);
    reader.ask(fleet, domains);
    assert.deepEqual(agents.asked, [g1, g2, g2]);
    await clock.advance(LIMITS.guestDetailsEveryMs - LIMITS.agentRetryMs);
    reader.ask(fleet, domains);
    assert.deepEqual(agents.asked, [g1, g2, g2, g1]);
  });

  it('does not use an answer to a question from before a reboot', async () => {
    reader.ask(fleet, domains);
    reader.forget(g1);
    agents.answer(g1, 'before');
    await settled();
    assert.deepEqual([told, bootIds()], [0, {}]);
    reader.ask(fleet, domains);
    agents.answer(g1, 'after');
    await settled();
    assert.deepEqual(bootIds(), { [g1]: 'after' });
  });

  it('keeps what could not be told for the next time, unless it has learnt better', async () => {
    reader.ask(fleet, domains);
    agents.answer(g1, 'old');
    agents.answer(g2, 'only');
    await settled();
    const taken = reader.take();
    reader.forget(g1);
    reader.ask(fleet, domains);
    agents.answer(g1, 'new');
    await settled();
    reader.giveBack(taken);
    assert.deepEqual(bootIds(), { [g1]: 'new', [g2]: 'only' });
  });

  it('tells nothing that was known, and asks those it knows of one by one after a start', async () => {
    const known = parseFleet(`
      host  | node1 | 8 | 16GiB | 100GiB |
      guest | g1 | node1 | 1/2 | 1GiB/2GiB | 4GiB | RUNNING`);
    const guest = known.guestsOn('node1')[0] as Guest;
    const observed = { at: new Date(), pluggedCpu: 1, onlineCpu: 1, balloonKib: 1, bootId: 'boot', addresses: [] };
    known.apply(put('guest', { ...guest, observed }));
    const [domain] = domains.map((each) => ({ ...each, uuid: guest.uuid })) as [ObservedDomain];
    reader.ask(known, [domain]);
    assert.deepEqual(agents.asked, [], 'not all at once');
    await clock.advance(LIMITS.guestDetailsEveryMs);
    reader.ask(known, [domain]);
    agents.answer(guest.uuid, 'boot');
    await settled();
    assert.deepEqual([agents.asked, told, bootIds()], [[guest.uuid], 0, {}]);
    reader.forget(guest.uuid);
    reader.ask(known, [domain]);
    agents.answer(guest.uuid, 'another');
    await settled();
    assert.deepEqual([told, bootIds()], [1, { [guest.uuid]: 'another' }]);
  });

  it('ends with its questions', async () => {
    reader.ask(fleet, domains);
    await reader.stop();
    reader.ask(fleet, domains);
    assert.deepEqual([agents.asked, told], [[g1, g2], 0]);
  });
});
