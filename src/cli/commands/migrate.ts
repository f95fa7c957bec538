// virtdc migrate: a guest moves to another host while it runs.

import type { Command } from 'commander';
import { type MigrationCheck, type MigrationPolicy, OnTimeout } from '#gen/virtdc/v1/migration.js';
import { CheckMigrationResponse } from '#gen/virtdc/v1/migration_service.js';
import { Operation } from '#gen/virtdc/v1/operation.js';
import { AnswerIsNo, UsageError } from '../failure.js';
import { finish, migrationOf } from '../finish.js';
import type { Bind, Invocation } from '../invocation.js';
import { choice, given, type IfRevision, ifRevision, valuesOf, whole } from '../options.js';
import { forecastOf, howOf, outcomeOf } from '../progress.js';
import type { Column } from '../table.js';
import { safe } from '../text.js';
import { bare, paintVerdict } from '../words.js';

interface MigrateOptions extends IfRevision {
  readonly from?: string;
  readonly bandwidth?: number;
  readonly maxDowntime?: number;
  readonly completionTimeout?: number;
  readonly onTimeout?: OnTimeout;
  readonly stallTimeout?: number;
  readonly autoConverge: boolean;
  readonly check?: boolean;
  readonly cancel?: boolean;
}

export function addMigrate(program: Command, bind: Bind): void {
  bind(
    ifRevision(
      program
        .command('migrate')
        .description('move a running guest to another host, live')
        .argument('<vmid>')
        .argument('[host]', 'where to; if not given, virtdc chooses')
        .option('--check', 'only look whether it would go, and how long it would take; exit code 22 if not')
        .option('--cancel', "stop the guest's migration: it stays where it was")
        .option('--from <host>', 'only if it is on this host')
        .option('--bandwidth <mib/s>', 'greatest bandwidth', whole)
        .option('--max-downtime <ms>', 'how long QEMU may stop the guest for the last part', whole)
        .option('--completion-timeout <seconds>', 'how long it may take; 600 if not given', whole)
        .addOption(choice('--on-timeout <what>', 'what happens then', 'ON_TIMEOUT', valuesOf(OnTimeout)))
        .option('--stall-timeout <seconds>', 'how long it may make no progress; 60 if not given', whole)
        .option('--no-auto-converge', 'never slow the guest down'),
    ),
    migrate,
  );
}

function policyOf(options: MigrateOptions): Partial<MigrationPolicy> {
  const { bandwidth, maxDowntime, completionTimeout, onTimeout, stallTimeout, autoConverge } = options;
  return given({
    bandwidthMibPerS: bandwidth === undefined ? undefined : BigInt(bandwidth),
    maxDowntimeMs: maxDowntime === undefined ? undefined : BigInt(maxDowntime),
    completionTimeoutS: completionTimeout,
    onTimeout,
    stallTimeoutS: stallTimeout,
    autoConverge: autoConverge ? undefined : false,
  });
}

async function migrate(it: Invocation, options: MigrateOptions, vmid: string, destHost = ''): Promise<void> {
  if (options.check === true && options.cancel === true)
    throw new UsageError('--check and --cancel exclude each other');
  if (options.check === true) return await check(it, options, vmid, destHost);
  if (options.cancel === true) return await cancel(it, vmid);
  const request = {
    vmid,
    sourceHost: options.from ?? '',
    destHost,
    policy: policyOf(options),
    revision: options.ifRevision ?? 0n,
    requestId: it.requestId,
  };
  const { operation } = await it.client.migration.migrateGuest(request, it.call);
  const ended = await finish(it, operation, `moving ${safe(vmid)}`);
  if (ended === undefined || it.json) return;
  it.out.line(`${safe(vmid)} ${outcomeOf(await migrationOf(it, ended.name))}`);
}

async function cancel(it: Invocation, vmid: string): Promise<void> {
  const filter = { vmids: [vmid], states: ['OPERATION_STATE_PENDING', 'OPERATION_STATE_RUNNING'] as const };
  const { migrations } = await it.client.migration.listMigrations(
    { filter: { ...filter, states: [...filter.states] } },
    it.call,
  );
  const [running] = migrations;
  if (running === undefined) throw new UsageError(`no migration of ${vmid} is going on`);
  const request = { operation: running.operation, requestId: it.requestId };
  const { operation } = await it.client.migration.cancelMigration(request, it.call);
  if (it.json && operation !== undefined) it.printJson(Operation.toJSON(operation));
  else
    it.out.line(
      `${safe(running.operation)} is being cancelled; ${safe(vmid)} stays on ${safe(running.sourceHost)} unless it has arrived already`,
    );
}

const CHECK_COLUMNS: readonly Column<MigrationCheck>[] = [
  { title: 'check', cell: ({ kind }) => bare(kind, 'MIGRATION_CHECK_KIND') },
  {
    title: 'verdict',
    cell: ({ verdict }) => bare(verdict, 'CHECK_VERDICT'),
    paint: (paint, { verdict }) => paintVerdict(verdict, paint),
  },
  { title: 'what was seen', cell: ({ detail }) => detail },
  { title: 'to be done', cell: ({ fix }) => fix },
];

async function check(it: Invocation, options: MigrateOptions, vmid: string, destHost: string): Promise<void> {
  const answer = await it.client.migration.checkMigration({ vmid, destHost, policy: policyOf(options) }, it.call);
  const { checks, forecast } = answer;
  if (it.json) it.printJson(CheckMigrationResponse.toJSON(answer));
  else {
    it.out.line(`${safe(vmid)}: ${safe(answer.sourceHost)} → ${safe(answer.destHost)}`);
    it.out.table(CHECK_COLUMNS, checks);
    it.out.line([...forecastOf(forecast), ...howOf(answer)].join(', '));
  }
  if (checks.some(({ verdict }) => verdict === 'CHECK_VERDICT_FAIL')) throw new AnswerIsNo();
}
