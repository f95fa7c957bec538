// The tables of operations and of the migrations among them.

import type { GuestMigration } from '#gen/virtdc/v1/migration.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { OperationState } from '#gen/virtdc/v1/operation_state.js';
import { formatMs } from '../amounts.js';
import type { Paint } from '../paint.js';
import type { Column } from '../table.js';
import { bare, timeOf } from '../words.js';

export function paintOperationState(paint: Paint, state: OperationState): (text: string) => string {
  switch (state) {
    case 'OPERATION_STATE_SUCCEEDED':
      return paint.green;
    case 'OPERATION_STATE_FAILED':
      return paint.red;
    case 'OPERATION_STATE_CANCELLED':
    case 'OPERATION_STATE_CANCELLING':
      return paint.yellow;
    default:
      return paint.cyan;
  }
}

export function tookOf({ startTime, endTime }: Pick<Operation, 'startTime' | 'endTime'>): string {
  return startTime === undefined || endTime === undefined ? '' : formatMs(endTime.getTime() - startTime.getTime());
}

export const OPERATION_COLUMNS: readonly Column<Operation>[] = [
  { title: 'operation', cell: ({ name }) => name },
  { title: 'kind', cell: ({ kind }) => bare(kind, 'OPERATION_KIND') },
  { title: 'guest', cell: ({ target }) => target },
  {
    title: 'state',
    cell: ({ state }) => bare(state, 'OPERATION_STATE'),
    paint: (paint, { state }) => paintOperationState(paint, state),
  },
  { title: 'step', cell: ({ step }) => step },
  { title: 'done', align: 'right', cell: ({ progressPercent: done }) => (done === undefined ? '' : `${done} %`) },
  { title: 'begun', cell: ({ createTime }) => timeOf(createTime) },
  { title: 'took', align: 'right', cell: tookOf },
  { title: 'error', cell: ({ error }) => error?.reason ?? '' },
];

export const MIGRATION_COLUMNS: readonly Column<GuestMigration>[] = [
  { title: 'operation', cell: ({ operation }) => operation },
  { title: 'guest', cell: ({ vmid }) => vmid },
  { title: 'from', cell: ({ sourceHost }) => sourceHost },
  { title: 'to', cell: ({ destHost }) => destHost },
  {
    title: 'state',
    cell: ({ state }) => bare(state, 'OPERATION_STATE'),
    paint: (paint, { state }) => paintOperationState(paint, state),
  },
  {
    title: 'done',
    align: 'right',
    cell: ({ progress }) => (progress?.percent === undefined ? '' : `${progress.percent} %`),
  },
  {
    title: 'took',
    align: 'right',
    cell: ({ result }) => (result === undefined ? '' : formatMs(Number(result.totalMs))),
  },
  { title: 'stood still', align: 'right', cell: ({ result }) => blackout(result?.blackoutMs) },
  { title: 'begun', cell: ({ createTime }) => timeOf(createTime) },
  { title: 'failure', cell: ({ failure }) => failure },
];

function blackout(ms: bigint | undefined): string {
  return ms === undefined ? '' : formatMs(Number(ms));
}
