// ScaleMemory: other memory for a running guest, between the least that any guest may have and its maximum.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { withMemory } from '../policy/claim.js';
import type { GuestOperation } from './new-operation.js';
import { type ScaleRequest, scalable, scale } from './scale-guest.js';
import { Violations } from './violations.js';

export interface ScaleMemoryRequest extends ScaleRequest {
  readonly memoryKib: number;
}

export function scaleMemory(request: ScaleMemoryRequest): Command<GuestOperation> {
  return {
    name: 'ScaleMemory',
    decide(fleet, context) {
      const { memoryKib: toKib } = request;
      const found = scalable(fleet, request);
      const violations = new Violations();
      const mostKib = isRefusal(found) ? Number.MAX_SAFE_INTEGER : found.guest.maxMemoryKib;
      violations.whole('memory_kib', toKib, LIMITS.minMemoryKib, mostKib);
      const invalid = violations.refusal();
      if (invalid !== undefined) return refuse(invalid);
      if (isRefusal(found)) return refuse(found);
      const { currentMemoryKib: fromKib } = found.guest;
      return scale(fleet, context, request, found, {
        size: withMemory(found.held, toKib, fleet.policy),
        input: (move) => ({ kind: 'SCALE_MEMORY', fromKib, toKib, move }),
        changesNothing: fromKib === toKib,
      });
    },
  };
}
