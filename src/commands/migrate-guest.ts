// MigrateGuest: a guest is moved live, to the host that was named or to the best one. It holds both until the move ends.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Guest } from '../fleet/guest.js';
import { isRefusal } from '../fleet/refusal.js';
import type { MoveFacts } from '../policy/move.js';
import { beginMove } from './begin-move.js';
import { checkMigrationPolicy, type MigrationWishes, migrationPolicy } from './migration-policy.js';
import type { GuestOperation } from './new-operation.js';
import { heldClaim, idleGuest, type OnGuest, wrongHost } from './preconditions.js';
import { Violations } from './violations.js';

export interface MigrateGuestRequest extends OnGuest {
  /** The host it is on, for a caller who wants to be sure of it; empty: not checked. */
  readonly sourceHost: string;
  /** Empty: virtdc chooses. */
  readonly destHost: string;
  readonly policy: MigrationWishes;
  readonly facts: MoveFacts;
}

export function migrateGuest(request: MigrateGuestRequest): Command<GuestOperation> {
  return {
    name: 'MigrateGuest',
    decide(fleet, context) {
      const policy = migrationPolicy(request.policy);
      const violations = new Violations();
      checkMigrationPolicy(violations, policy);
      const guest = violations.refusal() ?? idleGuest(fleet, request, ['RUNNING', 'PAUSED']);
      if (isRefusal(guest)) return refuse(guest);
      const elsewhere = wrongHost(guest, request.sourceHost);
      if (elsewhere !== undefined) return refuse(elsewhere);
      const { resources, retakeKib } = heldClaim(fleet, guest);
      const { destHost, facts } = request;
      const size = { resources, retakeKib };
      const move = beginMove(fleet, context, { guest, size, destHost, policy, facts, parent: '' });
      if (isRefusal(move)) return refuse(move);
      const { operation } = move;
      const moving: Guest = { ...guest, state: 'MIGRATING', stateReason: '', operation: operation.name };
      return accept({ guest: moving, operation }, [put('guest', moving), ...move.changes]);
    },
  };
}
