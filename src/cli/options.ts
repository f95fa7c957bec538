// Options that several commands have, and how their words are read.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type GuestFilter, GuestState, RestartPolicy } from '#gen/virtdc/v1/guest.js';
import { Strategy } from '#gen/virtdc/v1/placement.js';
import type { AllocationRatios, Reserve } from '#gen/virtdc/v1/resources.js';
import { OnNoRoom } from '#gen/virtdc/v1/scaling_service.js';
import { AmountError, parseKib } from './amounts.js';

/** A size, for commander: see parseKib. */
export function size(text: string): bigint {
  try {
    return parseKib(text);
  } catch (error) {
    if (error instanceof AmountError) throw new InvalidArgumentError(`${error.message}.`);
    throw error;
  }
}

export function whole(text: string): number {
  if (!/^-?\d{1,10}$/.test(text)) throw new InvalidArgumentError('A whole number is due.');
  return Number(text);
}

export function decimal(text: string): number {
  if (!/^-?\d{1,10}(\.\d{1,10})?$/.test(text)) throw new InvalidArgumentError('A number is due.');
  return Number(text);
}

export function revisionNumber(text: string): bigint {
  if (!/^\d{1,19}$/.test(text)) throw new InvalidArgumentError('A revision is a number.');
  return BigInt(text);
}

/** Each use of the option adds one. */
export function each(text: string, before: readonly string[] = []): readonly string[] {
  return [...before, text];
}

type Labels = Readonly<Record<string, string>>;

/** `key=value`, or `key` alone for a label without a value. */
export function label(text: string, before: Labels = {}): Labels {
  const at = text.indexOf('=');
  const [key, value] = at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
  if (key === '') throw new InvalidArgumentError('KEY=VALUE is due.');
  return { ...before, [key]: value };
}

/** `target=image`. */
export function imageOf(text: string, before: Labels = {}): Labels {
  if (!/^[^=]+=[^=]+$/.test(text)) throw new InvalidArgumentError('TARGET=IMAGE is due, such as vda=base.');
  return label(text, before);
}

/** An option whose value is one of an enum's names, in either case; `prefix` is put before it again. */
export function choice<T extends string>(flags: string, text: string, prefix: string, values: readonly T[]): Option {
  const known = values.map((value) => value.slice(prefix.length + 1));
  const read = (word: string): T => {
    const wanted = word.toUpperCase().replaceAll('-', '_');
    const found = values.find((value) => value === `${prefix}_${wanted}`);
    if (found === undefined) throw new InvalidArgumentError(`One of ${known.join(', ')} is due.`);
    return found;
  };
  return new Option(flags, `${text}: ${known.join(', ')}`).argParser(read);
}

/** All values of an enum of the API but the two that are never sent. */
export function valuesOf<T extends string>(values: Readonly<Record<string, T>>): T[] {
  return Object.entries(values)
    .filter(([name]) => name !== 'UNSPECIFIED' && name !== 'UNRECOGNIZED')
    .map(([, value]) => value);
}

export const strategyOption = (): Option =>
  choice('--strategy <name>', 'how a host is chosen', 'STRATEGY', valuesOf(Strategy));

export const onNoRoomOption = (): Option =>
  choice('--on-no-room <what>', 'what happens where the host has no room', 'ON_NO_ROOM', valuesOf(OnNoRoom));

export const restartOption = (): Option =>
  choice('--restart <policy>', 'what happens when it ends by itself', 'RESTART_POLICY', valuesOf(RestartPolicy));

export const priorityOption = (): Option =>
  new Option('--priority <n>', 'of lost guests the greater is started first; 0 to 1000').argParser(whole);

export interface DryRun {
  readonly dryRun?: boolean;
}

export function dryRun(command: Command): Command {
  return command.option('--dry-run', 'only say what would be done');
}

export interface IfRevision {
  readonly ifRevision?: bigint;
}

/** What refuses the change where somebody else was quicker. */
export function ifRevision(command: Command): Command {
  return command.option('--if-revision <n>', 'only if it is still at this revision', revisionNumber);
}

export interface Portions {
  readonly ratioCpu?: number;
  readonly ratioMemory?: number;
  readonly ratioIo?: number;
  readonly reserveCpu?: number;
  readonly reserveMemory?: bigint;
  readonly reserveIo?: bigint;
}

export function portions(command: Command): Command {
  return command
    .option('--ratio-cpu <n>', 'how many times each CPU may be sold', decimal)
    .option('--ratio-memory <n>', 'how many times the memory may be sold', decimal)
    .option('--ratio-io <n>', 'how many times the disk space may be sold', decimal)
    .option('--reserve-cpu <n>', 'CPUs kept back from guests', whole)
    .option('--reserve-memory <size>', 'memory kept back from guests', size)
    .option('--reserve-io <size>', 'disk space kept back from guests', size);
}

/** undefined where nothing of it was given, so that it stays as it is. */
export function ratiosOf({ ratioCpu, ratioMemory, ratioIo }: Portions): Partial<AllocationRatios> | undefined {
  return givenOf({ cpu: ratioCpu, memory: ratioMemory, io: ratioIo });
}

export function reserveOf({ reserveCpu, reserveMemory, reserveIo }: Portions): Partial<Reserve> | undefined {
  return givenOf({ cpu: reserveCpu, memoryKib: reserveMemory, ioKib: reserveIo });
}

type Given<T> = { [K in keyof T]?: Exclude<T[K], undefined> };

/** The fields that have a value; undefined where none has. */
export function givenOf<T extends object>(fields: T): Given<T> | undefined {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined);
  return given.length === 0 ? undefined : (Object.fromEntries(given) as Given<T>);
}

/** The fields that have a value, for a request. */
export function given<T extends object>(fields: T): Given<T> {
  return givenOf(fields) ?? {};
}

export interface GuestFilterOptions {
  readonly host?: readonly string[];
  readonly state?: readonly GuestState[];
  readonly label?: Labels;
  readonly baseGuest?: string;
}

export function guestFilter(command: Command): Command {
  const states = choice('--state <state>', 'in this state; may be repeated', 'GUEST_STATE', valuesOf(GuestState));
  const one = states.parseArg as (word: string, previous: unknown) => GuestState;
  states.argParser((word: string, before: readonly GuestState[] = []) => [...before, one(word, undefined)]);
  return command
    .option('--host <name>', 'on this host; may be repeated', each)
    .addOption(states)
    .option('--label <key=value>', 'with this label; may be repeated', label)
    .option('--base-guest <name>', 'made from this base guest');
}

export function guestFilterOf(
  { host, state, label: labels, baseGuest }: GuestFilterOptions,
  vmids: readonly string[] = [],
): Partial<GuestFilter> {
  return given({
    vmids: vmids.length > 0 ? [...vmids] : undefined,
    hostnames: host && [...host],
    states: state && [...state],
    labels: labels && { ...labels },
    baseGuest,
  });
}
