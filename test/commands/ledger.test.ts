// The books of the fleet, as properties: whatever is submitted, scaled, moved and terminated, in whatever order and however it
// ends, no host is sold beyond what it has, nothing is claimed that nobody holds, and what is given back is what was charged.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { cancelOperation } from '../../src/commands/cancel-operation.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { scaleCpu } from '../../src/commands/scale-cpu.js';
import { scaleMemory } from '../../src/commands/scale-memory.js';
import { startGuest } from '../../src/commands/start-guest.js';
import { stopGuest } from '../../src/commands/stop-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import type { Command } from '../../src/fleet/decision.js';
import { STRATEGIES } from '../../src/fleet/explanation.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import { allocatable } from '../../src/fleet/host.js';
import { isOpen, type Operation } from '../../src/fleet/operation.js';
import { add, NOTHING, RESOURCE_NAMES, sameResources } from '../../src/fleet/resources.js';
import { parseFleet, readFleet } from '../fleets/parse.js';
import { fleetTexts } from '../fleets/random.js';
import { commit, fail, PLAIN_MOVE, succeed, testContext } from './decide.js';
import { cpuScaling, migration, submission } from './requests.js';

const VMIDS = Array.from({ length: 8 }, (_, number) => `vm${number}`);
const HOSTS = ['node1', 'node2', 'node3', 'nowhere', ''];
const GIB = 1024 * 1024;

/** Numbers a caller may really send: mostly sane, some of them not. */
const cpus = fc.oneof(
  { weight: 19, arbitrary: fc.integer({ min: 1, max: 8 }) },
  fc.constantFrom(0, -1, 2 ** 31, Number.NaN),
);
const kibs = fc.oneof(
  { weight: 19, arbitrary: fc.integer({ min: 1, max: 12 }).map((gib) => gib * GIB) },
  fc.constantFrom(0, -1, 2 ** 53, 1.5),
);
const vmids = fc.constantFrom(...VMIDS);
const onNoRoom = fc.constantFrom('REFUSE' as const, 'MIGRATE_SELF' as const);

/** What happens to the fleet, as data, so that a failing history can be read. */
const deeds = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      deed: fc.constant('submit' as const),
      vmid: vmids,
      cpu: fc.integer({ min: 1, max: 4 }),
      maxCpu: fc.constantFrom(0, 8),
      memoryKib: fc.integer({ min: 1, max: 6 }).map((gib) => gib * GIB),
      maxMemoryKib: fc.constantFrom(0, 8 * GIB),
      strategy: fc.constantFrom(...STRATEGIES),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ deed: fc.constant('migrate' as const), vmid: vmids, destHost: fc.constantFrom(...HOSTS) }),
  },
  { weight: 3, arbitrary: fc.record({ deed: fc.constant('scale-cpu' as const), vmid: vmids, cpu: cpus, onNoRoom }) },
  {
    weight: 3,
    arbitrary: fc.record({ deed: fc.constant('scale-memory' as const), vmid: vmids, memoryKib: kibs, onNoRoom }),
  },
  { weight: 1, arbitrary: fc.record({ deed: fc.constantFrom('start' as const, 'stop' as const), vmid: vmids }) },
  { weight: 1, arbitrary: fc.record({ deed: fc.constant('terminate' as const), vmid: vmids }) },
  {
    weight: 16,
    arbitrary: fc.record({
      deed: fc.constant('end' as const),
      which: fc.nat({ max: 99 }),
      how: fc.constantFrom('SUCCEEDED' as const, 'SUCCEEDED' as const, 'FAILED' as const, 'CANCELLED' as const),
    }),
  },
);

type Deed = typeof deeds extends fc.Arbitrary<infer D> ? D : never;

function perform(fleet: Fleet, deed: Deed): void {
  if (deed.deed === 'end') endOne(fleet, deed.which, deed.how);
  else attempt(fleet, commandOf(deed));
}

function commandOf(deed: Exclude<Deed, { deed: 'end' }>): Command<unknown> {
  const on = { vmid: deed.vmid, expectedRevision: 0 };
  switch (deed.deed) {
    case 'submit':
      return submitGuest(submission(deed.vmid, deed));
    case 'migrate':
      return migrateGuest(migration(deed.vmid, deed));
    case 'scale-cpu':
      return scaleCpu(cpuScaling(deed.vmid, deed.cpu, deed));
    case 'scale-memory':
      return scaleMemory({ ...on, ...deed, hostname: '', facts: PLAIN_MOVE });
    case 'start':
      return startGuest(on);
    case 'stop':
      return stopGuest({ ...on, force: true, graceS: undefined });
    case 'terminate':
      return terminateGuest(on);
  }
}

function attempt(fleet: Fleet, command: Command<unknown>): void {
  const decision = command.decide(fleet, testContext());
  if (decision.accepted) commit(fleet, decision.changes);
}

/** An open operation, whichever, ends; or is asked to, and then ends so. */
function endOne(fleet: Fleet, which: number, how: 'SUCCEEDED' | 'FAILED' | 'CANCELLED'): void {
  const open = endable(fleet);
  const operation = open[which % Math.max(1, open.length)];
  if (operation === undefined) return;
  if (how === 'CANCELLED') attempt(fleet, cancelOperation({ operation: operation.name }));
  if (how === 'SUCCEEDED' && maySucceed(fleet, operation)) succeed(fleet, operation.name);
  else fail(fleet, operation.name, how === 'FAILED' ? 'FAILED' : 'CANCELLED');
}

/** Not if it was asked to stop, nor if the move that it rests on came to nothing. */
function maySucceed(fleet: Fleet, { cancelRequested, input }: Operation): boolean {
  const move = 'move' in input ? input.move : '';
  return !cancelRequested && (move === '' || fleet.get('operation', move)?.state === 'SUCCEEDED');
}

/** In the order in which the executor lets them: a part before its whole, a predecessor before what superseded it. */
function endable(fleet: Fleet): readonly Operation[] {
  const open = [...fleet.all('operation')].filter(isOpen);
  return open.filter((one) => {
    const part = open.some((other) => other.parent === one.name);
    const predecessor = open.some(
      (other) => other.target === one.target && other.name < one.name && other.cancelRequested,
    );
    return !part && !(predecessor && one.input.kind === 'TERMINATE_GUEST');
  });
}

function endAll(fleet: Fleet): void {
  for (let [next] = endable(fleet); next !== undefined; [next] = endable(fleet)) {
    if (maySucceed(fleet, next)) succeed(fleet, next.name);
    else fail(fleet, next.name, 'CANCELLED');
  }
}

/** No host beyond what it may sell, and every claim somebody's. */
function checkBooks(fleet: Fleet): void {
  for (const host of fleet.all('host')) {
    const { cpu, memoryKib, ioKib } = fleet.available(host);
    assert.ok(cpu >= 0 && memoryKib >= 0 && ioKib >= 0, `${host.hostname} is over: ${cpu}, ${memoryKib}, ${ioKib}`);
    const recount = fleet.claimsOn(host.hostname).reduce((sum, claim) => add(sum, claim.resources), NOTHING);
    const claimed = fleet.claimed(host.hostname);
    assert.deepEqual(claimed, { ...recount, memoryKib: recount.memoryKib + fleet.greatestRetakeKib(host.hostname) });
  }
  for (const claim of fleet.all('claim')) {
    const guest = fleet.get('guest', claim.vmid);
    assert.ok(guest, `a claim on ${claim.hostname} is nobody's: ${claim.vmid}`);
    assert.equal(claim.kind, claim.hostname === guest.hostname ? 'GUEST' : 'INCOMING');
  }
  for (const guest of fleet.all('guest')) {
    assert.equal(fleet.claimsOf(guest.vmid).filter((claim) => claim.kind === 'GUEST').length, 1, guest.vmid);
    const incoming = fleet.claimsOf(guest.vmid).filter((claim) => claim.kind === 'INCOMING').length;
    const moving = [...fleet.all('operation')].some(
      (one) => isOpen(one) && one.target === guest.vmid && one.input.kind === 'MIGRATE_GUEST',
    );
    assert.equal(incoming, moving ? 1 : 0, `${guest.vmid}: ${incoming} incoming claims`);
  }
}

describe('the books of the fleet', () => {
  it('hold after every one of 1,000 random deeds, and are empty after the last guest is gone', () => {
    fc.assert(
      fc.property(fc.array(deeds, { minLength: 1_000, maxLength: 1_000 }), (sequence) => {
        const fleet = readFleet('tight');
        for (const deed of sequence) {
          perform(fleet, deed);
          checkBooks(fleet);
        }
        endAll(fleet);
        for (const guest of [...fleet.all('guest')]) attempt(fleet, terminateGuest({ ...guest, expectedRevision: 0 }));
        endAll(fleet);
        assert.equal(fleet.count('guest'), 0);
        assert.equal(fleet.count('claim'), 0);
        for (const host of fleet.all('host')) assert.ok(sameResources(fleet.available(host), allocatable(host)));
      }),
      // Not shrunk: the shorter histories below are.
      { numRuns: 10, endOnFailure: true },
    );
  });

  it('hold after every deed of short, varied histories', () => {
    fc.assert(
      fc.property(fc.array(deeds, { maxLength: 40 }), (sequence) => {
        const fleet = readFleet('tight');
        for (const deed of sequence) {
          perform(fleet, deed);
          checkBooks(fleet);
        }
      }),
      { numRuns: 300 },
    );
  });

  it('never sink below nothing, nor any deeper where somebody else sank them', () => {
    const wishes = fc.record({
      verb: fc.constantFrom('submit' as const, 'migrate' as const, 'scale-cpu' as const, 'scale-memory' as const),
      number: fc.nat(15),
      cpu: fc.integer({ min: 1, max: 8 }),
      memoryKib: fc.integer({ min: 1, max: 16 }).map((gib) => gib * GIB),
      destHost: fc.constantFrom('', 'a', 'b', 'c'),
      onNoRoom,
    });
    fc.assert(
      fc.property(fleetTexts, wishes, (text, { verb, number, cpu, memoryKib, destHost, onNoRoom }) => {
        const fleet = parseFleet(text);
        const vmid = `vm${number}`;
        const before = new Map([...fleet.all('host')].map((host) => [host.hostname, fleet.available(host)]));
        const commands = {
          submit: submitGuest(submission('new', { cpu, memoryKib })),
          migrate: migrateGuest(migration(vmid, { destHost })),
          'scale-cpu': scaleCpu(cpuScaling(vmid, cpu, { onNoRoom })),
          'scale-memory': scaleMemory({
            vmid,
            memoryKib,
            onNoRoom,
            expectedRevision: 0,
            hostname: '',
            facts: PLAIN_MOVE,
          }),
        };
        attempt(fleet, commands[verb]);
        for (const host of fleet.all('host')) {
          const [was, is] = [before.get(host.hostname), fleet.available(host)];
          assert.ok(was);
          for (const name of RESOURCE_NAMES) assert.ok(is[name] >= Math.min(0, was[name]), `${host.hostname} ${name}`);
        }
      }),
      { numRuns: 1_000 },
    );
  });
});
