import assert from 'node:assert/strict';
import { put } from '../../src/fleet/change.js';
import { accept } from '../../src/fleet/decision.js';
import type { Operation } from '../../src/fleet/operation.js';
import { LIMITS } from '../../src/limits.js';
import { AT } from '../inventory/entities.js';
import { accepted, addPool, CALLER, leadingStage } from './stage.js';

function operationOf(name: string, endedAt: Date | undefined): Operation {
  return {
    name,
    input: { kind: 'PAUSE_GUEST' },
    target: 'g',
    parent: '',
    principal: 'local',
    state: endedAt === undefined ? 'RUNNING' : 'SUCCEEDED',
    step: '',
    notes: {},
    cancelRequested: false,
    error: undefined,
    migration: undefined,
    charged: { cpu: 0, memoryKib: 0, ioKib: 0 },
    decision: undefined,
    createdAt: AT,
    startedAt: AT,
    endedAt,
    revision: 0,
  };
}

const retention = {
  logKeptMs: 3_600_000,
  logKeptEntries: 10,
  requestIdKeptMs: 3_600_000,
  auditKeptMs: 3_600_000,
  endedOperationsKept: 3,
};

describe('retention', () => {
  it('drops log entries beyond the count, every now and then', async () => {
    const { authority, clock, database } = await leadingStage('one', undefined, { retention });
    await clock.until(Promise.all(Array.from({ length: 30 }, (_, i) => authority.execute(addPool(`p${i}`), CALLER))));
    assert.equal(database.oldestRevision, 0);
    await clock.advance(LIMITS.compactEveryMs);
    assert.equal(database.oldestRevision, 20);
    assert.equal(authority.fleet.count('pool'), 30);
  });

  it('removes the operations that ended first, and never an open one', async () => {
    const { authority, clock, told } = await leadingStage('one', undefined, { retention });
    const operations = [
      operationOf('op-open', undefined),
      ...[5, 1, 4, 2, 3].map((minute) => operationOf(`op-${minute}`, new Date(AT.getTime() + minute * 60_000))),
    ];
    const changes = operations.map((operation) => put('operation', operation));
    accepted(await clock.until(authority.execute({ name: 'add', decide: () => accept(0, changes) }, CALLER)));
    await clock.advance(LIMITS.compactEveryMs + 1);
    const left = [...authority.fleet.all('operation')].map(({ name }) => name).sort();
    assert.deepEqual(left, ['op-3', 'op-4', 'op-5', 'op-open']);
    const removed = told.filter(({ after }) => after === undefined);
    assert.deepEqual(
      removed.map(({ key, deleteReason, principal }) => ({ key, deleteReason, principal })),
      ['op-1', 'op-2'].map((key) => ({ key, deleteReason: 'EXPIRED', principal: 'virtdc' })),
    );
  });

  it('goes on after a time without the database', async () => {
    const { authority, befall, clock, database } = await leadingStage('one', undefined, { retention });
    await clock.until(Promise.all(Array.from({ length: 30 }, (_, i) => authority.execute(addPool(`p${i}`), CALLER))));
    befall('compact', { error: 'UNAVAILABLE' });
    await clock.advance(LIMITS.compactEveryMs + 1);
    assert.equal(database.oldestRevision, 0);
    await clock.advance(LIMITS.compactEveryMs);
    assert.equal(database.oldestRevision, 20);
  });
});
