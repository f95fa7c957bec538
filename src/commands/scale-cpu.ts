// ScaleCpu: other vCPUs for a running guest, between 1 and its maximum.

import { type Command, refuse } from '../fleet/decision.js';
import { isRefusal } from '../fleet/refusal.js';
import { withCpu } from '../policy/claim.js';
import type { GuestOperation } from './new-operation.js';
import { type ScaleRequest, scalable, scale } from './scale-guest.js';
import { Violations } from './violations.js';

export interface ScaleCpuRequest extends ScaleRequest {
  readonly cpu: number;
}

export function scaleCpu(request: ScaleCpuRequest): Command<GuestOperation> {
  return {
    name: 'ScaleCpu',
    decide(fleet, context) {
      const { cpu: to } = request;
      const found = scalable(fleet, request);
      const violations = new Violations();
      violations.whole('cpu', to, 1, isRefusal(found) ? Number.MAX_SAFE_INTEGER : found.guest.maxCpu);
      const invalid = violations.refusal();
      if (invalid !== undefined) return refuse(invalid);
      if (isRefusal(found)) return refuse(found);
      const { currentCpu: from } = found.guest;
      return scale(fleet, context, request, found, {
        size: withCpu(found.held, to),
        input: (move) => ({ kind: 'SCALE_CPU', from, to, move }),
        changesNothing: from === to,
      });
    },
  };
}
