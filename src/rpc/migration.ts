// The service Migration: moves, what is to be expected of them, and how far they are.

import type { CallContext } from 'nice-grpc';
import type { GuestMigration, MigrationPolicy as MigrationPolicyMessage } from '#gen/virtdc/v1/migration.js';
import {
  MigrationDefinition,
  type MigrationServiceImplementation,
  type WatchMigrationRequest,
  type WatchMigrationResponse,
} from '#gen/virtdc/v1/migration_service.js';
import { cancelOperation } from '../commands/cancel-operation.js';
import { migrateGuest } from '../commands/migrate-guest.js';
import type { MigrationWishes } from '../commands/migration-policy.js';
import { isOpen, type Operation } from '../fleet/operation.js';
import { checkMigration } from '../queries/check-migration.js';
import { getMigration, listMigrations, type Migration } from '../queries/operations.js';
import { Check } from './check.js';
import { toMigration, toOperation } from './convert/operation.js';
import { toOutlook } from './convert/outlook.js';
import { readMigrationFilter, readPage } from './filters.js';
import { liveMigrationFigures } from './migration-figures.js';
import { moveFacts } from './move-facts.js';
import { type CallerKnown, decide, type RpcParts, untilStopped } from './parts.js';
import { query } from './query.js';
import { statusError } from './status.js';

export function migrationService(parts: RpcParts): MigrationServiceImplementation<CallerKnown> {
  const told = (migration: Migration): GuestMigration =>
    toMigration(migration, parts.executor.progressOf(migration.name));
  return {
    async migrateGuest(request, context) {
      const check = new Check();
      const vmid = check.vmid('vmid', request.vmid);
      const sourceHost = check.optionalHostname('source_host', request.sourceHost);
      const destHost = check.optionalHostname('dest_host', request.destHost);
      const policy = readPolicy(check, request.policy);
      const expectedRevision = check.revision(request.revision);
      check.requestId(request.requestId);
      check.done();
      const command = async () => {
        const facts = await moveFacts(parts, vmid, true, destHost);
        return migrateGuest({ vmid, sourceHost, destHost, policy, expectedRevision, facts });
      };
      const { result } = await decide(parts, context, MigrationDefinition, 'migrateGuest', request, command);
      return { operation: toOperation(result.operation, undefined) };
    },
    async checkMigration(request) {
      const check = new Check();
      const vmid = check.vmid('vmid', request.vmid);
      const destHost = check.optionalHostname('dest_host', request.destHost);
      const policy = readPolicy(check, request.policy);
      check.done();
      const facts = await moveFacts(parts, vmid, true, destHost);
      const figures = await liveMigrationFigures(parts, vmid);
      const { value } = await query(parts, (fleet) =>
        checkMigration(fleet, { vmid, destHost, policy, facts, ...figures.forecast }),
      );
      const connection = await figures.connection(value.sourceHost, value.destHost);
      return toOutlook(value, connection, figures.forecast.dirtyMibPerS);
    },
    async getMigration(request) {
      const operation = readOperation(request);
      const { value } = await query(parts, (fleet) => getMigration(fleet, operation));
      return { migration: told(value) };
    },
    async listMigrations(request) {
      const check = new Check();
      const filter = readMigrationFilter(check, request.filter);
      const page = readPage(check, request);
      check.done();
      const { value, revision } = await query(parts, (fleet) => listMigrations(fleet, filter, page));
      return { migrations: value.items.map(told), nextPageToken: value.nextToken, revision: BigInt(revision) };
    },
    watchMigration: (request, context) => watchMigration(parts, request, context, told),
    async cancelMigration(request, context) {
      const check = new Check();
      const operation = check.operation('operation', request.operation);
      check.requestId(request.requestId);
      check.done();
      await query(parts, (fleet) => getMigration(fleet, operation));
      const { result } = await decide(
        parts,
        context,
        MigrationDefinition,
        'cancelMigration',
        request,
        cancelOperation({ operation }),
      );
      return { operation: toOperation(result, parts.executor.progressOf(operation)) };
    },
  };
}

function readOperation(request: { readonly operation: string }): string {
  const check = new Check();
  const operation = check.operation('operation', request.operation);
  check.done();
  return operation;
}

const LONGEST_S = 86_400;
const MOST_BANDWIDTH_MIB_PER_S = 1_000_000;
const LONGEST_DOWNTIME_MS = 2_000_000;

function readPolicy(check: Check, policy: MigrationPolicyMessage | undefined): MigrationWishes {
  if (policy === undefined) return {};
  const onTimeout = check.enum('policy.on_timeout', 'ON_TIMEOUT', policy.onTimeout, ['ABORT', 'POSTCOPY']);
  const seconds = (field: string, value: number) => check.whole(`policy.${field}`, value, 0, LONGEST_S);
  const completionTimeoutS = seconds('completion_timeout_s', policy.completionTimeoutS);
  const stallTimeoutS = seconds('stall_timeout_s', policy.stallTimeoutS);
  return {
    bandwidthMibPerS: check.amount('policy.bandwidth_mib_per_s', policy.bandwidthMibPerS, 0, MOST_BANDWIDTH_MIB_PER_S),
    maxDowntimeMs: check.amount('policy.max_downtime_ms', policy.maxDowntimeMs, 0, LONGEST_DOWNTIME_MS),
    ...(completionTimeoutS === 0 ? {} : { completionTimeoutS }),
    ...(stallTimeoutS === 0 ? {} : { stallTimeoutS }),
    ...(onTimeout === undefined ? {} : { onTimeout }),
    ...(policy.autoConverge === undefined ? {} : { autoConverge: policy.autoConverge }),
  };
}

/** As it is now, then at each change of its state or figures; the last answer has its end. */
async function* watchMigration(
  parts: RpcParts,
  request: WatchMigrationRequest,
  context: CallContext,
  told: (migration: Migration) => GuestMigration,
): AsyncGenerator<WatchMigrationResponse> {
  const name = readOperation(request);
  const until = untilStopped(parts, context);
  let wake = (): void => {};
  const stops = [
    parts.executor.onProgress((operation) => {
      if (operation === name) wake();
    }),
    parts.authority.onCommit((entries) => {
      if (entries.some((entry) => entry.kind === 'operation' && entry.key === name)) wake();
    }),
  ];
  const woken = () =>
    new Promise<void>((resolve) => {
      wake = resolve;
    });
  until.addEventListener('abort', () => wake(), { once: true });
  try {
    for (let last: Operation | undefined; last === undefined || isOpen(last); ) {
      const news = woken();
      const { value } = await query(parts, (fleet) => getMigration(fleet, name));
      last = value;
      yield { migration: told(value) };
      if (parts.stopping.aborted) throw statusError('SHUTTING_DOWN', 'the server is shutting down; call again');
      if (isOpen(value) && !until.aborted) await news;
      if (context.signal.aborted) return;
    }
  } finally {
    for (const stop of stops) stop();
  }
}
