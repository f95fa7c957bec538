// How long the past is kept: the log by time and count, request ids by age, ended operations by count.

import { type Change, remove } from '../fleet/change.js';
import { accept, type Command } from '../fleet/decision.js';
import { isOpen, type Operation } from '../fleet/operation.js';
import { LIMITS } from '../limits.js';

export interface RetentionPolicy {
  readonly logKeptMs: number;
  readonly logKeptEntries: number;
  readonly requestIdKeptMs: number;
  /** 0: for ever. */
  readonly auditKeptMs: number;
  readonly endedOperationsKept: number;
}

export const DEFAULT_RETENTION: RetentionPolicy = {
  logKeptMs: LIMITS.logKeptMs,
  logKeptEntries: LIMITS.logKeptEntries,
  requestIdKeptMs: LIMITS.requestIdKeptMs,
  auditKeptMs: LIMITS.auditKeptMs,
  endedOperationsKept: LIMITS.endedOperationsKept,
};

/** Removes the operations that ended first, beyond so many; answers how many went. */
export function expireOperations(kept: number): Command<number> {
  return {
    name: 'expire-operations',
    decide(fleet) {
      const ended = [...fleet.all('operation')].filter((operation) => !isOpen(operation));
      const excess = Math.min(ended.length - kept, LIMITS.operationsExpiredAtOnce);
      if (excess <= 0) return accept(0, []);
      const oldestFirst = ended.sort((a, b) => endOf(a) - endOf(b) || a.revision - b.revision);
      const changes: Change[] = oldestFirst.slice(0, excess).map(({ name }) => remove('operation', name, 'EXPIRED'));
      return accept(excess, changes);
    },
  };
}

function endOf(operation: Operation): number {
  return (operation.endedAt ?? operation.createdAt).getTime();
}
