// virtdc migrations: those that are going on and those that were.

import type { Command } from 'commander';
import { GuestMigration } from '#gen/virtdc/v1/migration.js';
import { ListMigrationsResponse } from '#gen/virtdc/v1/migration_service.js';
import { migrationOf } from '../finish.js';
import type { Bind, Invocation } from '../invocation.js';
import { whole } from '../options.js';
import { figuresOf, forecastOf, howOf, outcomeOf } from '../progress.js';
import { fieldLines } from '../table.js';
import { MIGRATION_COLUMNS } from '../tables/operations.js';
import { bare, timeOf } from '../words.js';

export function addMigrations(program: Command, bind: Bind): void {
  const migrations = program.command('migrations').description('migrations, past and present');
  bind(
    migrations
      .command('list', { isDefault: true })
      .description('the table of migrations, newest first')
      .argument('[vmid...]')
      .option('--limit <n>', 'at most so many; 100 if not given', whole),
    list,
  );
  bind(migrations.command('show').description('everything about one migration').argument('<operation>'), show);
}

async function list(it: Invocation, { limit = 100 }: { limit?: number }, ...vmids: string[]): Promise<void> {
  const answer = await it.client.migration.listMigrations({ filter: { vmids }, pageSize: limit }, it.call);
  if (it.json) it.printJson(ListMigrationsResponse.toJSON(answer));
  else if (answer.migrations.length > 0) it.out.table(MIGRATION_COLUMNS, answer.migrations);
  else it.err.line('no migrations');
}

async function show(it: Invocation, _options: unknown, operation: string): Promise<void> {
  const migration = await migrationOf(it, operation);
  if (it.json) it.printJson(GuestMigration.toJSON(migration));
  else it.out.lines(fieldLines(migrationFields(migration), it.out.paint));
}

function migrationFields(migration: GuestMigration): [string, string][] {
  const { progress, forecast, result, policy } = migration;
  return [
    ['operation', migration.operation],
    ['guest', migration.vmid],
    ['from', migration.sourceHost],
    ['to', migration.destHost],
    ['state', [bare(migration.state, 'OPERATION_STATE'), migration.failure].filter(Boolean).join(': ')],
    ['step', migration.step],
    ['travels', howOf(migration).join(', ')],
    ['done', progress?.percent === undefined ? '' : `${progress.percent} %`],
    ['figures', progress === undefined ? '' : figuresOf(progress)],
    ['forecast', forecastOf(forecast).join(', ')],
    ['result', result === undefined ? '' : outcomeOf(migration)],
    [
      'time limit',
      policy === undefined ? '' : `${policy.completionTimeoutS} s, then ${bare(policy.onTimeout, 'ON_TIMEOUT')}`,
    ],
    ['accepted', timeOf(migration.createTime)],
    ['begun', timeOf(migration.startTime)],
    ['ended', timeOf(migration.endTime)],
    ['revision', String(migration.revision)],
  ];
}
