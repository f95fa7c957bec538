// Start, stop, reboot, pause and resume; and what is common to all verbs on one guest.

import assert from 'node:assert/strict';
import { pauseGuest } from '../../src/commands/pause-guest.js';
import type { OnGuest } from '../../src/commands/preconditions.js';
import { rebootGuest } from '../../src/commands/reboot-guest.js';
import { resumeGuest } from '../../src/commands/resume-guest.js';
import { startGuest } from '../../src/commands/start-guest.js';
import { stopGuest } from '../../src/commands/stop-guest.js';
import type { Command } from '../../src/fleet/decision.js';
import type { GuestState } from '../../src/fleet/guest.js';
import type { OperationKind } from '../../src/fleet/operation.js';
import { parseFleet } from '../fleets/parse.js';
import { accepted, refused, succeed } from './decide.js';

const STATES: readonly GuestState[] = ['PENDING', 'RUNNING', 'PAUSED', 'STOPPED', 'LOST', 'UNKNOWN', 'TERMINATING'];

interface Verb {
  readonly kind: OperationKind;
  readonly from: readonly GuestState[];
  readonly to: GuestState;
  command(on: OnGuest): Command<{ operation: { name: string } }>;
}

const VERBS: readonly Verb[] = [
  { kind: 'START_GUEST', from: ['STOPPED', 'LOST'], to: 'RUNNING', command: startGuest },
  {
    kind: 'STOP_GUEST',
    from: ['RUNNING'],
    to: 'STOPPED',
    command: (on) => stopGuest({ ...on, force: false, graceS: undefined }),
  },
  {
    kind: 'STOP_GUEST',
    from: ['RUNNING', 'PAUSED'],
    to: 'STOPPED',
    command: (on) => stopGuest({ ...on, force: true, graceS: 0 }),
  },
  { kind: 'REBOOT_GUEST', from: ['RUNNING'], to: 'RUNNING', command: (on) => rebootGuest({ ...on, force: false }) },
  { kind: 'PAUSE_GUEST', from: ['RUNNING'], to: 'PAUSED', command: pauseGuest },
  { kind: 'RESUME_GUEST', from: ['PAUSED'], to: 'RUNNING', command: resumeGuest },
];

function fleetWith(state: GuestState, host = '') {
  return parseFleet(`host | a | 4 | 8GiB | 100GiB | ${host}\nguest | g | a | 1 | 1GiB | 4GiB | ${state}`);
}

const on = { vmid: 'g', expectedRevision: 0 };

describe('verbs on a guest', () => {
  for (const { kind, from, to, command } of VERBS) {
    it(`${kind} goes from ${from.join(' or ')} to ${to}, and from nowhere else`, () => {
      for (const state of STATES) {
        const fleet = fleetWith(state);
        if (!from.includes(state)) {
          assert.equal(refused(fleet, command(on), 'GUEST_STATE').metadata.state, state);
          continue;
        }
        const claimed = fleet.claimed('a');
        const { operation } = accepted(fleet, command(on));
        assert.equal(fleet.get('guest', 'g')?.operation, operation.name);
        assert.equal(succeed(fleet, operation.name).input.kind, kind);
        assert.equal(fleet.get('guest', 'g')?.state, to);
        assert.equal(fleet.get('guest', 'g')?.operation, '');
        assert.deepEqual(fleet.claimed('a'), claimed);
      }
    });
  }

  it('one at a time, and the refusal names the other', () => {
    const fleet = fleetWith('RUNNING');
    const { operation } = accepted(fleet, pauseGuest(on));
    const { metadata } = refused(fleet, rebootGuest({ ...on, force: false }), 'GUEST_BUSY');
    assert.deepEqual(metadata, { vmid: 'g', operation: operation.name, kind: 'PAUSE_GUEST' });
  });

  it('only as the caller last saw the guest, if it says so', () => {
    const fleet = fleetWith('RUNNING');
    const revision = fleet.get('guest', 'g')?.revision ?? 0;
    refused(fleet, pauseGuest({ vmid: 'g', expectedRevision: revision + 1 }), 'STALE_REVISION');
    accepted(fleet, pauseGuest({ vmid: 'g', expectedRevision: revision }));
  });

  it('not where its host is given up', () => {
    refused(fleetWith('RUNNING', 'UNREACHABLE'), pauseGuest(on), 'HOST_UNREACHABLE');
    accepted(fleetWith('RUNNING', 'SUSPECT'), pauseGuest(on));
    refused(fleetWith('RUNNING'), pauseGuest({ ...on, vmid: 'nobody' }), 'GUEST_NOT_FOUND');
  });

  it('wait no longer than can be asked for', () => {
    for (const graceS of [-1, 3_601, 0.5, Number.NaN]) {
      refused(fleetWith('RUNNING'), stopGuest({ ...on, force: false, graceS }), 'INVALID_FIELDS');
    }
    const { operation } = accepted(fleetWith('RUNNING'), stopGuest({ ...on, force: false, graceS: undefined }));
    assert.deepEqual(operation.input, { kind: 'STOP_GUEST', force: false, graceS: 60 });
  });
});
