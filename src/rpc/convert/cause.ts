// What brought a change about, from the log's short form (see fleet/change.ts) to the message.

import { type Cause, CauseKind } from '#gen/virtdc/v1/cause.js';

export function toCause(cause: string): Cause {
  if (cause === 'EXTERNAL') return { kind: CauseKind.EXTERNAL, operation: '' };
  if (cause === 'OBSERVED') return { kind: CauseKind.OBSERVED, operation: '' };
  if (cause.startsWith('op-')) return { kind: CauseKind.OPERATION, operation: cause };
  return { kind: CauseKind.REQUEST, operation: '' };
}
