// OpenConsole: a guest's serial console, both ways, until either side ends.

import type { OpenConsoleRequest, OpenConsoleResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { findGuest } from '../commands/preconditions.js';
import { refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { type ConsoleSession, HypervisorError } from '../ports/hypervisor.js';
import { Check } from './check.js';
import { type Calling, driverOf, type RpcParts, untilStopped } from './parts.js';
import { query } from './query.js';
import { statusError } from './status.js';

export async function* openConsole(
  parts: RpcParts,
  messages: AsyncIterable<OpenConsoleRequest>,
  context: Calling,
): AsyncGenerator<OpenConsoleResponse> {
  const incoming = messages[Symbol.asyncIterator]();
  const first = await incoming.next();
  const vmid = readTarget(first.done === true ? undefined : first.value);
  context.audit.target = vmid;
  const { value: guest } = await query(parts, (fleet) => {
    const found = findGuest(fleet, vmid);
    if ('reason' in found || found.state === 'RUNNING' || found.state === 'PAUSED') return found;
    return refusal('GUEST_STATE', `guest ${vmid} is ${found.state}, it has to be RUNNING or PAUSED`, {
      vmid,
      state: found.state,
    });
  });
  const session = await open(parts, guest.hostname, guest.uuid);
  context.audit.accepted();
  const until = untilStopped(parts, context);
  const end = (): void => void session.close();
  until.addEventListener('abort', end, { once: true });
  let left = false;
  const typing = typeInto(session, incoming).then(
    () => {
      left = true;
      end();
    },
    (error: unknown) => error,
  );
  try {
    yield { output: Buffer.alloc(0) };
    for await (const output of session.output) {
      for (let at = 0; at < output.length; at += LIMITS.consoleBytes) {
        yield { output: Buffer.from(output.subarray(at, at + LIMITS.consoleBytes)) };
      }
    }
    if (parts.stopping.aborted) throw statusError('SHUTTING_DOWN', 'the server is shutting down');
    if (!left && !context.signal.aborted) {
      throw statusError('CONSOLE_CLOSED', `the console of ${vmid} was closed: it ended, moved, or was taken over`, {
        metadata: { vmid },
      });
    }
  } finally {
    until.removeEventListener('abort', end);
    await session.close();
    const failure = context.signal.aborted ? undefined : await Promise.race([typing, Promise.resolve()]);
    if (failure instanceof Error) parts.log.warn({ vmid, err: failure }, 'what was typed did not reach the console');
  }
}

function readTarget(message: OpenConsoleRequest | undefined): string {
  const check = new Check();
  const target = message?.part?.$case === 'target' ? message.part.value : undefined;
  if (target === undefined) check.add('target', 'has to be the first message');
  const vmid = check.vmid('target.vmid', target?.vmid ?? '');
  check.done();
  return vmid;
}

async function open(parts: RpcParts, hostname: string, uuid: string): Promise<ConsoleSession> {
  try {
    return await driverOf(parts, parts.authority.fleet, hostname).console(uuid);
  } catch (error) {
    if (!(error instanceof HypervisorError) || (error.kind !== 'UNSUPPORTED' && error.kind !== 'REFUSED')) throw error;
    throw statusError('NO_CONSOLE', `no console: ${error.message}`, { metadata: { hostname, uuid } });
  }
}

/** Until the caller ends its half, which ends the session. */
async function typeInto(session: ConsoleSession, incoming: AsyncIterator<OpenConsoleRequest>): Promise<void> {
  for (;;) {
    const { done, value } = await incoming.next();
    if (done === true) return;
    const { part } = value;
    if (part?.$case !== 'input') continue;
    await session.write(part.value);
  }
}
