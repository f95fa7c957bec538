// ConfirmHostDead over the wire: the host itself is asked once more before the operator's word is taken for it.

import { type ConfirmHostDeadRequest, HostInfoDefinition } from '#gen/virtdc/v1/host_info_service.js';
import { confirmHostDead, type HostOperation } from '../commands/confirm-host-dead.js';
import type { Host } from '../fleet/host.js';
import { LIMITS } from '../limits.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { Check } from './check.js';
import { type Calling, decide, type RpcParts } from './parts.js';

export async function decideHostDead(
  parts: RpcParts,
  request: ConfirmHostDeadRequest,
  context: Calling,
): Promise<HostOperation> {
  const check = new Check();
  const hostname = check.hostname('hostname', request.hostname);
  const expectedRevision = check.revision(request.revision);
  check.requestId(request.requestId);
  check.done();
  const host = parts.authority.fleet.get('host', hostname);
  const answers = host !== undefined && (await doesAnswer(parts, host));
  const command = confirmHostDead({ hostname, expectedRevision, answers });
  return (await decide(parts, context, HostInfoDefinition, 'confirmHostDead', request, command)).result;
}

/** A refusal is an answer, too. */
async function doesAnswer(parts: RpcParts, host: Host): Promise<boolean> {
  try {
    await parts.hypervisor.host(host).domains({ deadlineMs: LIMITS.lastQuestionMs });
    return true;
  } catch (error) {
    if (!(error instanceof HypervisorError)) throw error;
    return !['UNREACHABLE', 'UNKNOWN_OUTCOME', 'UNSUPPORTED'].includes(error.kind);
  }
}
