// virtdc operations: how far things are.

import type { Command } from 'commander';
import { Operation } from '#gen/virtdc/v1/operation.js';
import { OperationState } from '#gen/virtdc/v1/operation_state.js';
import { ListOperationsResponse } from '#gen/virtdc/v1/operations_service.js';
import { isEnded } from '../../client/wait.js';
import { decisionOf } from '../explanation.js';
import { finish, kindOf, took } from '../finish.js';
import type { Bind, Invocation } from '../invocation.js';
import { given, whole } from '../options.js';
import { fieldLines } from '../table.js';
import { OPERATION_COLUMNS, tookOf } from '../tables/operations.js';
import { safe } from '../text.js';
import { bare, timeOf } from '../words.js';

const OPEN: readonly OperationState[] = [OperationState.PENDING, OperationState.RUNNING, OperationState.CANCELLING];

export function addOperations(program: Command, bind: Bind): void {
  const operations = program.command('operations').description('what virtdc does and did to the guests');
  bind(
    operations
      .command('list', { isDefault: true })
      .description('the table of operations, newest first')
      .argument('[vmid...]')
      .option('--open', 'only those that have not ended')
      .option('--limit <n>', 'at most so many; 100 if not given', whole),
    list,
  );
  bind(operations.command('show').description('everything about one operation').argument('<operation>'), show);
  bind(operations.command('wait').description('wait for the end of an operation').argument('<operation>'), wait);
  bind(
    operations
      .command('cancel')
      .description('ask an operation to stop, and to take back what it did')
      .argument('<operation>'),
    cancel,
  );
}

async function list(it: Invocation, options: { open?: boolean; limit?: number }, ...targets: string[]): Promise<void> {
  const filter = { targets, ...given({ states: options.open === true ? [...OPEN] : undefined }) };
  const answer = await it.client.operations.listOperations({ filter, pageSize: options.limit ?? 100 }, it.call);
  if (it.json) it.printJson(ListOperationsResponse.toJSON(answer));
  else if (answer.operations.length > 0) it.out.table(OPERATION_COLUMNS, answer.operations);
  else it.err.line('no operations');
}

async function operationOf({ client, call }: Invocation, name: string): Promise<Operation> {
  const { operation } = await client.operations.getOperation({ name }, call);
  if (operation === undefined) throw new Error(`the server answered nothing about ${name}`);
  return operation;
}

async function show(it: Invocation, _options: unknown, name: string): Promise<void> {
  const operation = await operationOf(it, name);
  if (it.json) it.printJson(Operation.toJSON(operation));
  else it.out.lines(fieldLines(operationFields(operation), it.out.paint));
}

function operationFields(operation: Operation): [string, string][] {
  const { error, decision, progressPercent } = operation;
  return [
    ['operation', operation.name],
    ['kind', bare(operation.kind, 'OPERATION_KIND')],
    ['guest', operation.target],
    ['parent', operation.parent],
    ['state', bare(operation.state, 'OPERATION_STATE')],
    ['step', operation.step],
    ['done', progressPercent === undefined ? '' : `${progressPercent} %`],
    ['error', error === undefined ? '' : `${error.message} [${error.reason}]`],
    ['decision', decision === undefined ? '' : `${decision.winner} (${decisionOf(decision)})`],
    ['asked for by', operation.principal],
    ['accepted', timeOf(operation.createTime)],
    ['begun', timeOf(operation.startTime)],
    ['ended', timeOf(operation.endTime)],
    ['took', tookOf(operation)],
    ['revision', String(operation.revision)],
  ];
}

async function wait(it: Invocation, _options: unknown, name: string): Promise<void> {
  const operation = await operationOf(it, name);
  const ended = await finish({ ...it, async: false }, operation, `${kindOf(operation)} ${safe(operation.target)}`);
  if (ended !== undefined && !it.json)
    it.out.line(`${safe(name)} (${kindOf(ended)} ${safe(ended.target)}) succeeded${took(ended)}`);
}

async function cancel(it: Invocation, _options: unknown, name: string): Promise<void> {
  const { operation } = await it.client.operations.cancelOperation({ name, requestId: it.requestId }, it.call);
  if (operation === undefined) return;
  if (it.json) it.printJson(Operation.toJSON(operation));
  else it.out.line(isEnded(operation) ? `${safe(name)} is cancelled` : `${safe(name)} is being cancelled`);
}
