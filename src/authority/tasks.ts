// The two things that wait for a batch: a command with its changes, and a read.

import type { Change } from '../fleet/change.js';
import type { Command } from '../fleet/decision.js';
import type { Fleet, FleetView } from '../fleet/fleet.js';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';
import type { AuditRecord } from '../ports/inventory.js';
import type { Answer, Caller } from './authority.js';
import type { IdSource } from './ids.js';
import type { KnownRequests } from './known-requests.js';
import { record, withRevisions } from './record.js';
import type { Task, Write } from './writer.js';

/** What is stored as the answer of a request that may be repeated. */
export interface StoredAnswer {
  readonly result: unknown;
  readonly revision: number;
}

interface Settlers<T> {
  resolve(value: T): void;
  reject(error: Error): void;
}

export interface Deciding {
  readonly fleet: Fleet;
  readonly requests: KnownRequests;
  readonly clock: Clock;
  readonly ids: IdSource;
}

export function commandTask<R>(
  { fleet, requests, clock, ids }: Deciding,
  command: Command<R>,
  caller: Caller,
  { resolve, reject }: Settlers<Answer<R>>,
): Task {
  const { principal, method, cause = method, request, validateOnly = false } = caller;
  let answer: Answer<R>;

  function decide(): Write | undefined {
    const at = clock.now();
    const decision = command.decide(fleet, {
      now: at,
      principal,
      requestId: request?.id ?? '',
      newOperationName: () => ids.newOperationName(),
      newUuid: () => ids.newUuid(),
      newMac: () => unusedMac(fleet, ids),
    });
    if (!decision.accepted) {
      answer = { accepted: false, refusal: decision.refusal, revision: fleet.revision };
      return undefined;
    }
    if (validateOnly) {
      answer = { accepted: true, result: decision.result, revision: fleet.revision, replayed: false };
      return undefined;
    }
    const { entries, undo, revised } = record(fleet, decision.changes, { at, cause, principal });
    const result = withRevisions(decision.result, revised);
    answer = { accepted: true, result, revision: fleet.revision, replayed: false };
    const audit = auditOf(caller, decision.changes, at, fleet.revision);
    if (request === undefined) {
      const nothing = entries.length === 0 && audit === undefined;
      return nothing ? undefined : { entries, undo, request: undefined, audit };
    }
    const stored: StoredAnswer = { result, revision: fleet.revision };
    const { id: requestId, payloadHash } = request;
    return { entries, undo, request: { principal, method, requestId, payloadHash, answer: stored, at }, audit };
  }

  function settle(): void {
    if (answer.accepted && request !== undefined && !validateOnly) {
      const { id: requestId, payloadHash } = request;
      requests.set({ principal, method, requestId }, { payloadHash, pending: undefined });
    }
    resolve(answer);
  }

  return { decide, settle, fail: reject };
}

function auditOf(
  { principal, method, request, audit }: Caller,
  changes: readonly Change[],
  at: Date,
  revision: number,
): AuditRecord | undefined {
  if (audit === undefined) return undefined;
  const operation = changes.find(({ kind, after }) => kind === 'operation' && after !== undefined)?.key ?? '';
  const requestId = request?.id ?? '';
  return { at, principal, method, ...audit, requestId, decision: 'ACCEPTED', reason: '', revision, operation };
}

/** There are 2^24 of them: with some thousand guests one that is taken already is to be expected. */
function unusedMac(fleet: FleetView, ids: IdSource): string {
  for (let attempt = 0; attempt < LIMITS.macAttempts; attempt += 1) {
    const mac = ids.newMac();
    if (fleet.guestByMac(mac) === undefined) return mac;
  }
  throw new Error('no MAC address was found that is not taken');
}

export function readTask<R>(
  fleet: Fleet,
  query: (fleet: FleetView) => R,
  { resolve, reject }: Settlers<{ value: R; revision: number }>,
): Task {
  let answer: { value: R; revision: number };
  return {
    decide() {
      answer = { value: query(fleet), revision: fleet.revision };
      return undefined;
    },
    settle: () => resolve(answer),
    fail: reject,
  };
}
