// What the services are made of, and how each of them decides: a command, for a caller, under a request id.

import { createHash } from 'node:crypto';
import type { CallContext } from 'nice-grpc';
import type { Logger } from 'pino';
import type { AuditTrail } from '../access/audit-trail.js';
import type { Caller } from '../access/principals.js';
import type { Authority, Commanded } from '../authority/authority.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Executor } from '../operations/executor.js';
import type { Clock } from '../ports/clock.js';
import type { Failpoints } from '../ports/failpoints.js';
import type { HostDriver, Hypervisor } from '../ports/hypervisor.js';
import type { Inventory } from '../ports/inventory.js';
import type { Reconciler } from '../reconcile/reconciler.js';
import type { Watches } from '../watch/watch.js';
import type { CallAudit } from './call-audit.js';
import type { UriRules } from './host-uris.js';
import { refusalError, statusError } from './status.js';

export interface RpcParts {
  readonly authority: Authority;
  readonly executor: Executor;
  readonly reconciler: Reconciler;
  readonly hypervisor: Hypervisor;
  readonly watches: Watches;
  readonly failpoints: Failpoints;
  readonly trail: Pick<AuditTrail, 'add'>;
  /** The audit log to read: it is no part of the fleet. */
  readonly auditLog: Pick<Inventory, 'readAudit'>;
  readonly clock: Clock;
  readonly log: Logger;
  readonly uris: UriRules;
  /** Aborts when the service begins to stop: long polls answer, streams end. */
  readonly stopping: AbortSignal;
}

/** What the interceptors add to a call's context. */
export interface CallerKnown {
  readonly caller: Caller;
  readonly audit: CallAudit;
}

export type Calling = CallContext & CallerKnown;

interface Service {
  readonly fullName: string;
  // The encoders take their own message each, which no common type describes.
  readonly methods: {
    readonly [name: string]: {
      readonly name: string;
      // biome-ignore lint/suspicious/noExplicitAny: the request is checked where decide() is called.
      readonly requestType: { encode(request: any): { finish(): Uint8Array } };
    };
  };
}

interface Identified {
  readonly requestId?: string;
  readonly validateOnly?: boolean;
}

export interface Decided<R> {
  readonly result: R;
  readonly revision: number;
}

/** Decides, and answers when it is durable; a refusal is thrown as its status. */
export async function decide<S extends Service, R>(
  parts: RpcParts,
  { caller, audit }: CallerKnown,
  service: S,
  method: keyof S['methods'] & string,
  request: Identified,
  command: Commanded<R>,
): Promise<Decided<R>> {
  const { requestId = '', validateOnly = false } = request;
  const { name, requestType } = service.methods[method] as Service['methods'][string];
  await parts.failpoints.reach(`${name} deciding`);
  // The id is not a part of what it identifies.
  const payloadHash = (): string => sha256(requestType.encode({ ...request, requestId: '' }).finish());
  const answer = await parts.authority.execute(command, {
    principal: caller.principal,
    method: `${service.fullName}/${name}`,
    validateOnly,
    audit: { role: caller.role ?? '', target: audit.target },
    ...(requestId === '' || validateOnly ? {} : { request: { id: requestId, payloadHash: payloadHash() } }),
  });
  audit.revision = answer.revision;
  if (!answer.accepted) throw refusalError(answer.refusal, answer.revision);
  audit.outcome = validateOnly ? 'NOTHING' : answer.replayed ? 'REPLAYED' : 'RECORDED';
  await parts.failpoints.reach(`${name} committed`);
  return answer;
}

function sha256(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The driver of a host of the fleet. */
export function driverOf(parts: RpcParts, fleet: FleetView, hostname: string): HostDriver {
  const host = fleet.get('host', hostname);
  if (host === undefined)
    throw statusError('HOST_NOT_FOUND', `there is no host ${hostname}`, { metadata: { hostname } });
  return parts.hypervisor.host(host);
}

/** Aborts with the call, or when the service stops. */
export function untilStopped(parts: Pick<RpcParts, 'stopping'>, context: CallContext): AbortSignal {
  return AbortSignal.any([context.signal, parts.stopping]);
}
