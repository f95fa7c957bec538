// Operations and the migrations among them, newest first.

import type { FleetView } from '../fleet/fleet.js';
import type { Operation } from '../fleet/operation.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import { filterKey, type MigrationFilter, type OperationFilter, passesMigration, passesOperation } from './filters.js';
import { newestFirst, type Page, type PageRequest, pageOf } from './page.js';

export type Migration = Operation & { readonly input: Extract<Operation['input'], { kind: 'MIGRATE_GUEST' }> };

export function listOperations(
  fleet: FleetView,
  filter: OperationFilter,
  request: PageRequest,
): Page<Operation> | Refusal {
  const passing = [...fleet.all('operation')].filter((operation) => passesOperation(filter, operation));
  return pageOf(passing, { filterKey: `operations ${filterKey(filter)}`, keyOf: newest }, request);
}

export function listMigrations(
  fleet: FleetView,
  filter: MigrationFilter,
  request: PageRequest,
): Page<Migration> | Refusal {
  const passing = [...fleet.all('operation')].filter(isMigration).filter((one) => passesMigration(filter, one));
  return pageOf<Migration>(passing, { filterKey: `migrations ${filterKey(filter)}`, keyOf: newest }, request);
}

/** Unknown, forgotten, or not a migration: not found. */
export function getMigration(fleet: FleetView, name: string): Migration | Refusal {
  const operation = fleet.get('operation', name);
  if (operation !== undefined && isMigration(operation)) return operation;
  return refusal('OPERATION_NOT_FOUND', `there is no migration ${name}`, { operation: name });
}

function isMigration(operation: Operation): operation is Migration {
  return operation.input.kind === 'MIGRATE_GUEST';
}

function newest({ createdAt, name }: Operation): string {
  return newestFirst(createdAt, name);
}
