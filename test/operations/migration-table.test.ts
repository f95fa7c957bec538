// The decision table of migrations: every pair of what the two hosts may show, and what is to be done about it.

import assert from 'node:assert/strict';
import { type Action, decide, type Side, sideOf } from '../../src/operations/migration-table.js';
import type { ObservedDomain } from '../../src/ports/hypervisor.js';

const TARGETS: readonly Side[] = [
  'UNREACHABLE',
  'JOB',
  'RUNNING',
  'PAUSED',
  'PAUSED_MIGRATING',
  'TORN',
  'ENDED',
  'GONE',
];

type Row = readonly Action[];
const allWait: Row = TARGETS.map(() => 'WAIT');

/** By source; in each row the targets in the order above. */
const RUNNING_BEFORE: Readonly<Record<Side, Row>> = {
  UNREACHABLE: allWait,
  JOB: allWait,
  RUNNING: ['WAIT', 'WAIT', 'SPLIT', 'STAYED', 'STAYED', 'STAYED', 'STAYED', 'STAYED'],
  PAUSED: [
    'WAIT',
    'WAIT',
    'WAIT_THEN_END_SOURCE',
    'WAIT_THEN_RESUME_SOURCE',
    'WAIT_THEN_RESUME_SOURCE',
    'WAIT_THEN_LOSE',
    'RESUME_SOURCE',
    'RESUME_SOURCE',
  ],
  PAUSED_MIGRATING: [
    'WAIT',
    'WAIT',
    'WAIT_THEN_END_SOURCE',
    'WAIT_THEN_RESUME_SOURCE',
    'WAIT_THEN_RESUME_SOURCE',
    'WAIT_THEN_LOSE',
    'RESUME_SOURCE',
    'RESUME_SOURCE',
  ],
  TORN: ['WAIT', 'WAIT', 'WAIT_THEN_END_SOURCE', ...Array(5).fill('WAIT_THEN_LOSE')],
  ENDED: ['WAIT', 'WAIT', 'MOVED', 'ENDED', 'ENDED', 'WAIT_THEN_LOSE', 'ENDED', 'ENDED'],
  GONE: ['WAIT', 'WAIT', 'MOVED', 'RESUME_TARGET', 'RESUME_TARGET', 'WAIT_THEN_LOSE', 'LOST', 'LOST'],
};

/** Its user had paused it: the same, but it is left so. */
const PAUSED_BEFORE: Readonly<Record<Side, Row>> = {
  ...RUNNING_BEFORE,
  PAUSED: [
    'WAIT',
    'WAIT',
    'WAIT_THEN_END_SOURCE',
    'WAIT_THEN_STAY',
    'WAIT_THEN_STAY',
    'WAIT_THEN_LOSE',
    'STAYED',
    'STAYED',
  ],
  PAUSED_MIGRATING: [
    'WAIT',
    'WAIT',
    'WAIT_THEN_END_SOURCE',
    'WAIT_THEN_STAY',
    'WAIT_THEN_STAY',
    'WAIT_THEN_LOSE',
    'STAYED',
    'STAYED',
  ],
  GONE: ['WAIT', 'WAIT', 'MOVED', 'MOVED', 'MOVED', 'WAIT_THEN_LOSE', 'LOST', 'LOST'],
};

describe('the migration table', () => {
  for (const [wasPaused, table] of [
    [false, RUNNING_BEFORE],
    [true, PAUSED_BEFORE],
  ] as const) {
    for (const [source, row] of Object.entries(table)) {
      it(`of a guest that ${wasPaused ? 'was paused' : 'ran'}, with the source ${source}`, () => {
        const decided = TARGETS.map((target) => decide(source as Side, target, { wasPaused }));
        assert.deepEqual(decided, row);
      });
    }
  }

  it('never resumes a target whose source may still run, nor ends a guest without another that runs', () => {
    for (const source of TARGETS) {
      for (const target of TARGETS) {
        for (const wasPaused of [false, true]) {
          const action = decide(source, target, { wasPaused });
          if (action === 'RESUME_TARGET') assert.equal(source, 'GONE');
          if (action === 'WAIT_THEN_END_SOURCE' || action === 'SPLIT') assert.equal(target, 'RUNNING');
          if (source === 'UNREACHABLE' || target === 'UNREACHABLE') assert.equal(action, 'WAIT');
        }
      }
    }
  });

  it('reads what libvirt shows of a domain', () => {
    const domain = (
      state: ObservedDomain['state'],
      stateReason: ObservedDomain['stateReason'],
      migratingOut = false,
    ): ObservedDomain => ({
      uuid: '',
      domainName: '',
      state,
      stateReason,
      persistent: false,
      currentCpu: undefined,
      maxCpu: undefined,
      balloonKib: undefined,
      maxMemoryKib: undefined,
      migratingOut,
    });
    assert.equal(sideOf(undefined), 'GONE');
    assert.equal(sideOf(domain('RUNNING', 'OTHER', true)), 'JOB');
    assert.equal(sideOf(domain('RUNNING', 'MIGRATION_CANCELED')), 'RUNNING');
    assert.equal(sideOf(domain('PAUSED', 'USER')), 'PAUSED');
    assert.equal(sideOf(domain('PAUSED', 'MIGRATING')), 'PAUSED_MIGRATING');
    assert.equal(sideOf(domain('PAUSED', 'POSTCOPY', true)), 'JOB');
    assert.equal(sideOf(domain('RUNNING', 'POSTCOPY')), 'JOB');
    assert.equal(sideOf(domain('PAUSED', 'POSTCOPY_FAILED', true)), 'TORN');
    assert.equal(sideOf(domain('SHUTOFF', 'DESTROYED')), 'ENDED');
    assert.equal(sideOf(domain('CRASHED', 'CRASHED')), 'ENDED');
  });
});
