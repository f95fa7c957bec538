// virtdc guests submit-many: the guests of a file in one call, each for itself or all or none.

import type { Command } from 'commander';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { Operation as OperationMessage } from '#gen/virtdc/v1/operation.js';
import { OperationState } from '#gen/virtdc/v1/operation_state.js';
import { SubmitGuestRequest, SubmitGuestsResponse, type SubmitGuestsResult } from '#gen/virtdc/v1/placement_service.js';
import { waitForOperation } from '../../client/wait.js';
import { AnswerIsNo, OperationNotDone, UsageError } from '../failure.js';
import { type Bind, type Invocation, readInput } from '../invocation.js';
import { type DryRun, dryRun } from '../options.js';
import type { Column } from '../table.js';
import { safe } from '../text.js';
import { bare } from '../words.js';

interface SubmitManyOptions extends DryRun {
  readonly allOrNone?: boolean;
}

/** A result with the vmid that it is about: a refusal does not say. */
interface Outcome {
  readonly vmid: string;
  readonly outcome: NonNullable<SubmitGuestsResult['outcome']>;
}

const COLUMNS: readonly Column<Outcome>[] = [
  { title: 'guest', cell: ({ vmid }) => vmid },
  { title: 'host', cell: ({ outcome }) => (outcome.$case === 'accepted' ? (outcome.value.guest?.hostname ?? '') : '') },
  {
    title: 'verdict',
    cell: ({ outcome }) => (outcome.$case === 'accepted' ? 'ACCEPTED' : outcome.value.reason),
    paint: (paint, { outcome }) => (outcome.$case === 'accepted' ? paint.green : paint.red),
  },
  {
    title: 'operation',
    cell: ({ outcome }) => (outcome.$case === 'accepted' ? (outcome.value.operation?.name ?? '') : ''),
  },
  { title: 'why not', cell: ({ outcome }) => (outcome.$case === 'refused' ? outcome.value.message : '') },
];

export function addSubmitMany(guests: Command, bind: Bind): void {
  const submitMany = guests
    .command('submit-many')
    .description('new guests of a file, in one call: each placed on what the ones before it took')
    .argument(
      '<file>',
      'SubmitGuestRequests as the API has them in JSON (vmid, cpu, memoryKib, baseGuest ...): an array, or one a line; - is the standard input',
    )
    .option('--all-or-none', 'one that is refused refuses all of them');
  bind(dryRun(submitMany), run);
}

/** What the JSON of a request may hold; what is no field of it is a mistake, and never left out silently. */
const FIELDS = new Set([
  ...Object.keys(SubmitGuestRequest.fromPartial({})).filter((name) => name !== 'nicSource'),
  'network',
  'bridge',
]);

function readGuests(file: string): SubmitGuestRequest[] {
  const text = readInput(file).toString('utf8').trim();
  const parts = text.startsWith('[')
    ? (parsed(file, text) as unknown[])
    : lines(text).map((line) => parsed(file, line));
  return parts.map((part, index) => readGuest(`${file}: guest ${index + 1}`, part));
}

function lines(text: string): string[] {
  return text.split('\n').filter((line) => line.trim() !== '');
}

function parsed(file: string, text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch (error) {
    throw new UsageError(`${file} holds no JSON: ${(error as SyntaxError).message}`);
  }
}

function readGuest(where: string, part: unknown): SubmitGuestRequest {
  if (typeof part !== 'object' || part === null) throw new UsageError(`${where} is no object`);
  const unknown = Object.keys(part).find((name) => !FIELDS.has(name));
  if (unknown !== undefined) throw new UsageError(`${where} has ${unknown}, which is no field of a SubmitGuestRequest`);
  try {
    const request = SubmitGuestRequest.fromJSON(part);
    SubmitGuestRequest.encode(request);
    return request;
  } catch (error) {
    throw new UsageError(`${where} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function run(it: Invocation, options: SubmitManyOptions, file: string): Promise<void> {
  const guests = readGuests(file);
  const { allOrNone = false, dryRun: validateOnly = false } = options;
  const request = { guests, allOrNone, validateOnly, requestId: it.requestId };
  const answer = await it.client.placement.submitGuests(request, it.call);
  if (it.json) it.printJson(SubmitGuestsResponse.toJSON(answer), 'line');
  const outcomes = answer.results.flatMap(({ outcome }, index): Outcome[] =>
    outcome === undefined ? [] : [{ vmid: guests[index]?.vmid ?? '', outcome }],
  );
  if (!it.json) it.out.table(COLUMNS, outcomes);
  const operations = outcomes.flatMap(({ outcome }) =>
    outcome.$case === 'accepted' ? (outcome.value.operation ?? []) : [],
  );
  if (!it.async) await finishAll(it, operations);
  if (outcomes.some(({ outcome }) => outcome.$case === 'refused')) throw new AnswerIsNo();
}

/** They run beside one another, so that waiting for one after the other takes no longer than the longest. */
async function finishAll(it: Invocation, operations: readonly Operation[]): Promise<void> {
  let running = 0;
  let failed: Operation | undefined;
  for (const { name } of operations) {
    const ended = await waitForOperation(it.client.operations, name, it.call);
    if (it.json) it.printJson(OperationMessage.toJSON(ended), 'line');
    if (ended.state === OperationState.SUCCEEDED) running++;
    else {
      failed ??= ended;
      if (!it.json)
        it.err.line(
          `${safe(ended.target)}: ${bare(ended.state, 'OPERATION_STATE')} ${safe(ended.error?.message ?? '')}`,
        );
    }
  }
  if (!it.json && operations.length > 0) it.out.line(`${running} of ${operations.length} run`);
  if (failed !== undefined) throw new OperationNotDone(failed);
}
