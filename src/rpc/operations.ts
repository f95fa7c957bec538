// The service Operations: how far things are, waiting for their end, cancelling them, and the audit.

import type { CallContext } from 'nice-grpc';
import {
  type AuditRequest,
  type AuditResponse,
  OperationsDefinition,
  type OperationsServiceImplementation,
} from '#gen/virtdc/v1/operations_service.js';
import { cancelOperation } from '../commands/cancel-operation.js';
import { findHost } from '../commands/preconditions.js';
import type { Host } from '../fleet/host.js';
import { isOpen, type Operation } from '../fleet/operation.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import type { AuditFinding } from '../queries/audit.js';
import { listOperations } from '../queries/operations.js';
import { auditNow, repair } from '../reconcile/repair.js';
import { auditRecords } from './audit-records.js';
import { Check } from './check.js';
import { toHostAudit } from './convert/audit.js';
import { toOperation } from './convert/operation.js';
import { readOperationFilter, readPage } from './filters.js';
import { type CallerKnown, type Calling, decide, type RpcParts, untilStopped } from './parts.js';
import { query } from './query.js';
import { statusError } from './status.js';

const DEFAULT_WAIT_S = 30;

export function operationsService(parts: RpcParts): OperationsServiceImplementation<CallerKnown> {
  const told = (operation: Operation) => toOperation(operation, parts.executor.progressOf(operation.name));
  return {
    async getOperation(request) {
      const check = new Check();
      const name = check.operation('name', request.name);
      check.done();
      const { value } = await query(parts, (fleet) => fleet.get('operation', name) ?? unknown(name));
      return { operation: told(value) };
    },
    async listOperations(request) {
      const check = new Check();
      const filter = readOperationFilter(check, request.filter);
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => listOperations(fleet, filter, page));
      return { operations: value.items.map(told), nextPageToken: value.nextToken, revision: BigInt(revision) };
    },
    async waitOperation(request, context) {
      const check = new Check();
      const name = check.operation('name', request.name);
      const timeoutS = check.whole('timeout_s', request.timeoutS, 0, LIMITS.waitOperationMs / 1_000);
      check.done();
      const operation = await waited(parts, name, (timeoutS === 0 ? DEFAULT_WAIT_S : timeoutS) * 1_000, context);
      return { operation: told(operation) };
    },
    async cancelOperation(request, context) {
      const check = new Check();
      const operation = check.operation('name', request.name);
      check.requestId(request.requestId);
      check.done();
      const { result } = await decide(
        parts,
        context,
        OperationsDefinition,
        'cancelOperation',
        request,
        cancelOperation({ operation }),
      );
      return { operation: told(result) };
    },
    listAuditRecords: (request) => auditRecords(parts, request),
    async getLeader() {
      const { leader, revision } = parts.authority;
      const { holder = '', address = '', epoch = 0, isSelf = false } = leader ?? {};
      return { holder, address, epoch: BigInt(epoch), isSelf, revision: BigInt(revision) };
    },
    audit: (request, context) => auditHosts(parts, request, context),
  };
}

function unknown(name: string): Refusal {
  return refusal('OPERATION_NOT_FOUND', `there is no operation ${name}`, { operation: name });
}

/** The operation at its end, or as it is when the time is up. */
async function waited(parts: RpcParts, name: string, timeoutMs: number, context: CallContext): Promise<Operation> {
  const present = async () => (await query(parts, (fleet) => fleet.get('operation', name) ?? unknown(name))).value;
  const first = await present();
  if (!isOpen(first)) return first;
  const over = new AbortController();
  const until = AbortSignal.any([over.signal, untilStopped(parts, context)]);
  const timer = parts.clock.sleep(timeoutMs, over.signal).catch(() => {});
  try {
    const ended = parts.executor.ended(name, until);
    // Whichever comes second is not waited for, and its failure is no news.
    ended.catch(() => {});
    return (await Promise.race([ended, timer])) ?? (await present());
  } catch (error) {
    if (parts.stopping.aborted) throw statusError('SHUTTING_DOWN', 'the server is shutting down; call again');
    throw error;
  } finally {
    over.abort();
  }
}

async function* auditHosts(parts: RpcParts, request: AuditRequest, context: Calling): AsyncGenerator<AuditResponse> {
  const check = new Check();
  const wanted = check.list('hostnames', request.hostnames, LIMITS.maxFilterEntries, (field, name) =>
    check.hostname(field, name),
  );
  check.done();
  const { value: hosts } = await query(parts, (fleet) => {
    const names = wanted.length > 0 ? wanted : [...fleet.all('host')].map((host) => host.hostname).sort();
    return names.map((name) => {
      const host = findHost(fleet, name);
      if ('reason' in host) throw statusError('HOST_NOT_FOUND', host.message, { metadata: host.metadata });
      return host;
    });
  });
  if (request.repair) context.audit.accepted();
  else context.audit.outcome = 'NOTHING';
  const { authority, reconciler, hypervisor } = parts;
  const auditing = { authority, reconciler, driver: (host: Host) => hypervisor.host(host) };
  for (const { hostname } of hosts) {
    if (context.signal.aborted || parts.stopping.aborted) return;
    const audited = await auditNow(auditing, hostname);
    // Removed meanwhile: there is nothing to tell of it.
    if (audited === undefined) continue;
    const { audit, revision } = audited;
    const mend = request.repair && audit.findings.length > 0;
    const left = mend ? await repair(auditing, audit, context.caller.principal) : audit.findings;
    yield toHostAudit(audit, revision, (finding) => !left.some((one) => sameFinding(one, finding)));
  }
}

function sameFinding(one: AuditFinding, other: AuditFinding): boolean {
  return one.kind === other.kind && one.uuid === other.uuid && one.vmid === other.vmid;
}
