// What becomes of one call in the audit log. What was accepted by a decision is written in the commit of that decision;
// everything else goes by the trail, which makes nobody wait: the repeated, the refused, the denied, and what is no decision.

import { Status } from 'nice-grpc';
import type { AuditTrail } from '../access/audit-trail.js';
import type { Caller } from '../access/principals.js';
import { neededFor, suffices } from '../access/roles.js';
import type { Clock } from '../ports/clock.js';
import type { AuditDecision } from '../ports/inventory.js';
import type { Asked } from './asked.js';

/** RECORDED: who decided has written it, or will. NOTHING: nothing was to be changed. */
type Outcome = 'RECORDED' | 'REPLAYED' | 'NOTHING';

interface Method {
  readonly path: string;
  readonly options?: { readonly idempotencyLevel?: string };
}

export interface AuditParts {
  readonly trail: Pick<AuditTrail, 'add'>;
  readonly clock: Clock;
}

const DECISION_OF: Partial<Readonly<Record<Status, AuditDecision>>> = {
  [Status.UNAUTHENTICATED]: 'DENIED',
  [Status.PERMISSION_DENIED]: 'DENIED',
  [Status.INVALID_ARGUMENT]: 'INVALID',
  [Status.CANCELLED]: 'FAILED',
  [Status.UNKNOWN]: 'FAILED',
  [Status.DEADLINE_EXCEEDED]: 'FAILED',
  [Status.INTERNAL]: 'FAILED',
  [Status.UNAVAILABLE]: 'FAILED',
};

export class CallAudit {
  /** What the call is about; a handler says it where the request does not. */
  target: string;
  /** Said by whoever decides; undefined: nothing was decided. */
  outcome: Outcome | undefined;
  /** Of the last change, or as of which it was refused. */
  revision = 0;

  constructor(
    private readonly parts: AuditParts,
    private readonly caller: Caller,
    private readonly method: Method,
    private readonly asked: Asked,
  ) {
    this.target = asked.target;
  }

  /** For what is no decision: it has begun. */
  accepted(): void {
    this.outcome = 'RECORDED';
    this.add('ACCEPTED', '');
  }

  ended(code: Status, reason: string): void {
    const decision = code === Status.OK ? 'ACCEPTED' : (DECISION_OF[code] ?? 'REFUSED');
    if (decision === 'DENIED') this.add('DENIED', reason);
    else if (this.outcome === 'REPLAYED') this.add('REPLAYED', '');
    else if (this.outcome === undefined && !this.asked.validateOnly && changes(this.method)) this.add(decision, reason);
  }

  private add(decision: AuditDecision, reason: string): void {
    const { principal, role = '' } = this.caller;
    const { target, revision } = this;
    this.parts.trail.add({
      at: this.parts.clock.now(),
      principal,
      role,
      method: this.method.path.slice(1),
      target,
      requestId: this.asked.requestId,
      decision,
      reason,
      revision,
      operation: '',
    });
  }
}

/** What a viewer may call changes nothing, and of the rest the protos say what does. */
function changes({ path, options }: Method): boolean {
  const needed = neededFor(path);
  const forViewers = needed === 'anyone' || (needed !== undefined && suffices('viewer', needed));
  return !forViewers && options?.idempotencyLevel !== 'NO_SIDE_EFFECTS';
}
