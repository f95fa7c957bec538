// Decides commands on a fleet as the authority would, one after the other, and commits what executors would commit at the
// ends of operations (by the recipes' own effects), without any hypervisor.

import assert from 'node:assert/strict';
import { advance, type OperationPatch } from '../../src/commands/operations/advance.js';
import { type Change, type EntityKind, put } from '../../src/fleet/change.js';
import type { Command, DecisionContext } from '../../src/fleet/decision.js';
import type { Fleet } from '../../src/fleet/fleet.js';
import type { Operation } from '../../src/fleet/operation.js';
import type { Refusal, RefusalReason } from '../../src/fleet/refusal.js';
import { PLAIN_TRAITS } from '../../src/fleet/traits.js';
import { RECIPES } from '../../src/operations/recipes.js';
import type { MoveFacts } from '../../src/policy/move.js';
import { EPOCH } from '../fleets/parse.js';

export const PLAIN_MOVE: MoveFacts = { traits: PLAIN_TRAITS, refusedBy: new Set() };

let counter = 0;

/** Names that are unique in this process, and the same time throughout. */
export function testContext(): DecisionContext {
  const number = (): string => String(++counter).padStart(12, '0');
  return {
    now: EPOCH,
    principal: 'local',
    requestId: 'request-1',
    newOperationName: () => `op-${number()}`,
    newUuid: () => `10000000-0000-4000-8000-${number()}`,
    newMac: () =>
      `52:54:00:${number()
        .slice(-6)
        .replace(/(..)(..)(..)/, '$1:$2:$3')}`,
  };
}

/** Applies changes under the next revisions, as the authority does. */
export function commit(fleet: Fleet, changes: readonly Change[]): void {
  for (const change of changes) {
    fleet.revision++;
    const { after } = change;
    const revised = after === undefined ? change : { ...change, after: { ...after, revision: fleet.revision } };
    fleet.apply(revised);
  }
}

/** The command's result, committed; a refusal fails the test. */
export function accepted<R>(fleet: Fleet, command: Command<R>): R {
  const decision = command.decide(fleet, testContext());
  if (!decision.accepted)
    assert.fail(`${command.name} was refused: ${decision.refusal.reason}: ${decision.refusal.message}`);
  commit(fleet, decision.changes);
  return decision.result;
}

/** The refusal, for the reason; an acceptance fails the test. */
export function refused(fleet: Fleet, command: Command<unknown>, reason: RefusalReason): Refusal {
  const decision = command.decide(fleet, testContext());
  if (decision.accepted) assert.fail(`${command.name} was accepted, ${reason} is due`);
  assert.equal(decision.refusal.reason, reason, decision.refusal.message);
  return decision.refusal;
}

/** Changes that the command would make, without making them. */
export function changesOf(fleet: Fleet, command: Command<unknown>): readonly Change[] {
  const decision = command.decide(fleet, testContext());
  return decision.accepted ? decision.changes : [];
}

/** The operation enters each of its steps, as if libvirt had done all of it, and succeeds. */
export function succeed(fleet: Fleet, name: string): Operation {
  const operation = present(fleet, name);
  const recipe = RECIPES[operation.input.kind];
  for (const step of recipe.steps) accepted(fleet, advance(name, { state: 'RUNNING', step: step.name }, step.intent));
  return end(fleet, name, { state: 'SUCCEEDED', notes: seen(operation) }, 'succeeded');
}

/** The operation ends without having done anything. */
export function fail(fleet: Fleet, name: string, state: 'FAILED' | 'CANCELLED' = 'FAILED'): Operation {
  const error = { reason: 'TEST', message: 'failed by the test', metadata: {} };
  return end(fleet, name, { state, error }, 'failed');
}

function end(fleet: Fleet, name: string, patch: OperationPatch, how: 'succeeded' | 'failed'): Operation {
  const recipe = RECIPES[present(fleet, name).input.kind];
  return accepted(fleet, advance(name, { ...patch, endedAt: EPOCH }, recipe[how]));
}

/** What a step would have noted of the guest: all that was asked for. */
function seen({ input }: Operation): Readonly<Record<string, string>> {
  if (input.kind === 'SCALE_CPU') return { pluggedCpu: String(input.to), onlineCpu: String(input.to) };
  if (input.kind === 'SCALE_MEMORY') return { balloonKib: String(input.toKib) };
  return {};
}

function present(fleet: Fleet, name: string): Operation {
  const operation = fleet.get('operation', name);
  assert.ok(operation, `there is no operation ${name}`);
  return operation;
}

/** Puts an entity as it should be for the test. */
export function set<K extends EntityKind>(fleet: Fleet, kind: K, entity: Parameters<typeof put<K>>[1]): void {
  commit(fleet, [put(kind, entity)]);
}
