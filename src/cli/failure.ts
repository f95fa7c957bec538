// How a run can fail, what is said then, and the exit code. README.md lists the codes.

import { Status } from 'nice-grpc';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { OperationState } from '#gen/virtdc/v1/operation_state.js';
import { VirtdcError } from '../client/error.js';
import { AmountError } from './amounts.js';
import { explanationLines } from './explanation.js';
import type { Screen } from './screen.js';
import { tableLines } from './table.js';
import { safe } from './text.js';

/** A call that was refused or failed ends with its gRPC code, 1 to 16; these are the others. */
export const EXIT = {
  ok: 0,
  /** The operation was accepted, and FAILED. */
  operationFailed: 20,
  /** The operation was accepted, and CANCELLED. */
  operationCancelled: 21,
  /** A question was answered with no: no room, a check that FAILs, a finding. */
  answerIsNo: 22,
  /** The command line or a file it names is not as it should be; nothing was sent. */
  usage: 64,
  /** A defect of this program. */
  defect: 70,
  interrupted: 130,
} as const;

export class UsageError extends Error {
  override readonly name = 'UsageError';
}

/** The end of an operation that is not the one that was asked for. */
export class OperationNotDone extends Error {
  override readonly name = 'OperationNotDone';

  constructor(readonly operation: Operation) {
    super(operation.error?.message ?? `the operation was ${operation.state}`);
  }
}

/** Everything was said already; only the exit code is left. */
export class AnswerIsNo extends Error {
  override readonly name = 'AnswerIsNo';
}

export interface Circumstances {
  readonly server: string;
  readonly json: boolean;
  readonly timedOut: boolean;
  readonly interrupted: boolean;
}

/** Says what happened and answers the exit code. */
export function tell(error: unknown, screen: Screen, circumstances: Circumstances): number {
  const { timedOut, interrupted, json } = circumstances;
  if (error instanceof AnswerIsNo) return EXIT.answerIsNo;
  if (interrupted) return EXIT.interrupted;
  if (timedOut) {
    return say(screen, json, Status.DEADLINE_EXCEEDED, {
      code: 'DEADLINE_EXCEEDED',
      message: 'the time is up; whether it was done is not known',
    });
  }
  if (error instanceof VirtdcError) return tellRefusal(error, screen, circumstances);
  if (error instanceof OperationNotDone) return tellOperation(error.operation, screen, json);
  if (error instanceof UsageError || error instanceof AmountError) {
    return say(screen, json, EXIT.usage, { code: 'USAGE', message: error.message });
  }
  screen.line(`virtdc: this is a defect: ${safe(String(error))}`);
  if (error instanceof Error && error.stack !== undefined) screen.line(screen.paint.dim(error.stack));
  return EXIT.defect;
}

interface Told {
  readonly code: string;
  readonly reason?: string;
  readonly message: string;
  readonly metadata?: Readonly<Record<string, string>>;
  readonly violations?: readonly { readonly field: string; readonly description: string }[];
}

function say(screen: Screen, json: boolean, exitCode: number, told: Told): number {
  if (json) {
    screen.line(JSON.stringify({ error: told }));
    return exitCode;
  }
  const reason =
    told.reason === undefined || told.reason === '' ? '' : ` ${screen.paint.dim(safe(`[${told.reason}]`))}`;
  screen.line(`${screen.paint.red('virtdc:')} ${safe(told.message)}${reason}`);
  return exitCode;
}

function tellRefusal(error: VirtdcError, screen: Screen, { server, json }: Circumstances): number {
  const { code, codeName, reason, metadata, violations, explanation } = error;
  const unreached = code === Status.UNAVAILABLE && reason === '';
  const message = unreached ? `no virtdc service answers at ${server}` : sentenceOf(error);
  say(screen, json, code, { code: codeName, reason, message, metadata, violations });
  if (json) return code;
  if (unreached) {
    screen.line(screen.paint.dim(safe(error.message)));
    screen.line('It may be another one: --server or VIRTDC_SERVER. A service that wants TLS: --tls-ca and the like.');
  }
  if (violations.length > 0) {
    const columns = [
      { title: 'field', cell: ({ field }: { field: string }) => field },
      { title: 'what is wrong', cell: ({ description }: { description: string }) => description },
    ];
    screen.lines(tableLines(columns, violations, screen.paint));
  }
  if (explanation !== undefined) screen.lines(explanationLines(explanation, screen.paint));
  return code;
}

/** With violations, the message is but their sum. */
function sentenceOf({ violations, message }: VirtdcError): string {
  if (violations.length === 0) return message;
  return violations.length === 1
    ? 'the request is not as it should be:'
    : `${violations.length} things in the request are not as they should be:`;
}

function tellOperation(operation: Operation, screen: Screen, json: boolean): number {
  const { name, state, target, error } = operation;
  const cancelled = state === OperationState.CANCELLED;
  const exitCode = cancelled ? EXIT.operationCancelled : EXIT.operationFailed;
  // With --json the operation itself has been printed already.
  if (json) return exitCode;
  const message = cancelled
    ? `${name} on ${target} was cancelled`
    : `${name} on ${target} failed: ${error?.message ?? ''}`;
  return say(screen, json, exitCode, { code: state, reason: error?.reason ?? '', message });
}
