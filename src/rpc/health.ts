// The health service: as the library has it, but whoever follows our health does not hold up our end.

import type { CallContext, ServiceImplementation } from 'nice-grpc';
import { type HealthDefinition, HealthServiceImpl, type HealthState } from 'nice-grpc-server-health';
import { type RpcParts, untilStopped } from './parts.js';
import { statusError } from './status.js';

type Health = ServiceImplementation<typeof HealthDefinition>;

export function healthService(parts: Pick<RpcParts, 'stopping'>, state: HealthState): Health {
  const { check, watch } = HealthServiceImpl(state);
  return {
    check,
    async *watch(request, context: CallContext) {
      try {
        yield* watch(request, { ...context, signal: untilStopped(parts, context) });
      } catch (error) {
        if (!parts.stopping.aborted) throw error;
        throw statusError('SHUTTING_DOWN', 'the server is shutting down');
      }
    },
  };
}
