// What a command does with the operation it began: wait for its end, and show how far it is until then.

import type { GuestMigration } from '#gen/virtdc/v1/migration.js';
import { Operation, OperationKind } from '#gen/virtdc/v1/operation.js';
import { OperationState } from '#gen/virtdc/v1/operation_state.js';
import { VirtdcError } from '../client/error.js';
import { waitForOperation } from '../client/wait.js';
import { formatMs } from './amounts.js';
import { OperationNotDone } from './failure.js';
import type { Invocation } from './invocation.js';
import { MigrationView, spin } from './progress.js';
import { safe } from './text.js';
import { bare } from './words.js';

const POLL_ON_TERMINAL_S = 1;
const POLL_S = 30;

/**
 * Waits, unless --async was given. Answers the operation that SUCCEEDED, or undefined where nobody waits for it; throws
 * OperationNotDone otherwise. `doing` is a phrase for a person: `starting web-1`.
 */
export async function finish(
  invocation: Invocation,
  operation: Operation | undefined,
  doing: string,
): Promise<Operation | undefined> {
  if (operation === undefined) return undefined;
  const { async, out, err, json } = invocation;
  if (async) {
    if (json) invocation.printJson(Operation.toJSON(operation));
    else out.line(safe(operation.name));
    return undefined;
  }
  const ended = await watchedToItsEnd(invocation, operation, doing).catch((error: unknown) => {
    if (invocation.call.signal.aborted)
      err.line(`${safe(operation.name)} goes on; virtdc operations wait ${safe(operation.name)}`);
    throw error;
  });
  if (json) invocation.printJson(Operation.toJSON(ended));
  if (ended.state !== OperationState.SUCCEEDED) throw new OperationNotDone(ended);
  return ended;
}

async function watchedToItsEnd(invocation: Invocation, operation: Operation, doing: string): Promise<Operation> {
  if (!invocation.json) {
    if (operation.kind === OperationKind.MIGRATE_GUEST) return await watchMigration(invocation, operation);
    if (invocation.out.isTerminal) return await spun(invocation, operation, doing);
  }
  return await waitForOperation(invocation.client.operations, operation.name, { ...invocation.call, pollS: POLL_S });
}

async function spun({ client, call, out }: Invocation, begun: Operation, doing: string): Promise<Operation> {
  const since = performance.now();
  let seen = begun;
  const stop = spin(out, () => {
    const done = seen.progressPercent === undefined ? '' : ` ${seen.progressPercent} %`;
    const detail = [safe(seen.step) + done, formatMs(performance.now() - since)]
      .filter((part) => part !== '')
      .join(', ');
    return `${doing} ${out.paint.dim(detail)}`;
  });
  const onProgress = (operation: Operation): void => {
    seen = operation;
  };
  const options = { ...call, pollS: POLL_ON_TERMINAL_S, onProgress };
  return await waitForOperation(client.operations, begun.name, options).finally(stop);
}

/** The figures come from the migration's own watch, the end from the operation. */
async function watchMigration(invocation: Invocation, { name }: Operation): Promise<Operation> {
  const { client, call, out } = invocation;
  const view = new MigrationView(out);
  try {
    for await (const { migration } of client.migration.watchMigration({ operation: name }, call)) {
      if (migration !== undefined) view.show(migration);
    }
  } catch (error) {
    if (!(error instanceof VirtdcError && error.isTransient)) throw error;
  } finally {
    view.end();
  }
  return await waitForOperation(client.operations, name, call);
}

export async function migrationOf({ client, call }: Invocation, operation: string): Promise<GuestMigration> {
  const { migration } = await client.migration.getMigration({ operation }, call);
  if (migration === undefined) throw new Error(`the server answered nothing about ${operation}`);
  return migration;
}

/** `in 2.1 s`, or nothing where it cannot be told. */
export function took({ startTime, createTime, endTime }: Operation): string {
  const from = startTime ?? createTime;
  return from === undefined || endTime === undefined ? '' : ` in ${formatMs(endTime.getTime() - from.getTime())}`;
}

export function kindOf({ kind }: Operation): string {
  return bare(kind, 'OPERATION_KIND').toLowerCase().replaceAll('_', ' ');
}
