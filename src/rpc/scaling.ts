// The service Scaling: reads a request, decides one command, answers the operation.

import {
  type ScaleCpuRequest,
  type ScaleMemoryRequest,
  ScalingDefinition,
  type ScalingServiceImplementation,
} from '#gen/virtdc/v1/scaling_service.js';
import type { GuestOperation } from '../commands/new-operation.js';
import { scaleCpu } from '../commands/scale-cpu.js';
import type { ScaleRequest } from '../commands/scale-guest.js';
import { scaleMemory } from '../commands/scale-memory.js';
import { LIMITS } from '../limits.js';
import { Check } from './check.js';
import { toOperation } from './convert/operation.js';
import { toSummary } from './convert/placement.js';
import { moveFacts } from './move-facts.js';
import { type CallerKnown, type Decided, decide, type RpcParts } from './parts.js';

const ON_NO_ROOM = ['REFUSE', 'MIGRATE_SELF'] as const;

export function scalingService(parts: RpcParts): ScalingServiceImplementation<CallerKnown> {
  return {
    async scaleCpu(request, context) {
      const check = new Check();
      const common = readCommon(check, request);
      const cpu = check.whole('cpu', request.cpu, 1, LIMITS.maxCpu);
      check.done();
      const command = async () => scaleCpu({ ...(await withFacts(parts, common)), cpu });
      return answer(
        parts,
        request.validateOnly,
        await decide(parts, context, ScalingDefinition, 'scaleCpu', request, command),
      );
    },
    async scaleMemory(request, context) {
      const check = new Check();
      const common = readCommon(check, request);
      const memoryKib = check.amount('memory_kib', request.memoryKib, 1, LIMITS.maxKib);
      check.done();
      const command = async () => scaleMemory({ ...(await withFacts(parts, common)), memoryKib });
      return answer(
        parts,
        request.validateOnly,
        await decide(parts, context, ScalingDefinition, 'scaleMemory', request, command),
      );
    },
  };
}

function readCommon(check: Check, request: ScaleCpuRequest | ScaleMemoryRequest): Omit<ScaleRequest, 'facts'> {
  check.requestId(request.requestId);
  return {
    hostname: check.optionalHostname('hostname', request.hostname),
    vmid: check.vmid('vmid', request.vmid),
    onNoRoom: check.enum('on_no_room', 'ON_NO_ROOM', request.onNoRoom, ON_NO_ROOM) ?? 'REFUSE',
    expectedRevision: check.revision(request.revision),
  };
}

/** The hosts are asked only where the guest may have to move. */
async function withFacts(parts: RpcParts, request: Omit<ScaleRequest, 'facts'>): Promise<ScaleRequest> {
  return { ...request, facts: await moveFacts(parts, request.vmid, request.onNoRoom === 'MIGRATE_SELF') };
}

function answer(parts: RpcParts, validateOnly: boolean, { result }: Decided<GuestOperation>) {
  const { operation } = result;
  const move = 'move' in operation.input && operation.input.move !== '';
  return {
    operation: validateOnly ? undefined : toOperation(operation, parts.executor.progressOf(operation.name)),
    destHost: move ? (operation.decision?.winner ?? '') : '',
    decision: move && operation.decision !== undefined ? toSummary(operation.decision) : undefined,
  };
}
