// Fields that several requests share, read in one way.

import type { AllocationRatios, Reserve } from '#gen/virtdc/v1/resources.js';
import type { Resources } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import type { Check } from './check.js';

const LEAST_RATIO = 0.01;

/** Only what is given. */
function given<K extends string>(entries: readonly (readonly [K, number | undefined])[]): { [P in K]?: number } {
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined)) as { [P in K]?: number };
}

export function readRatios(check: Check, field: string, ratios: AllocationRatios | undefined): Partial<Resources> {
  const one = (name: string, value: number | undefined) =>
    value === undefined ? undefined : check.finite(`${field}.${name}`, value, LEAST_RATIO, LIMITS.maxRatio);
  return given([
    ['cpu', one('cpu', ratios?.cpu)],
    ['memoryKib', one('memory', ratios?.memory)],
    ['ioKib', one('io', ratios?.io)],
  ]);
}

export function readReserve(check: Check, field: string, reserve: Reserve | undefined): Partial<Resources> {
  return given([
    ['cpu', reserve?.cpu === undefined ? undefined : check.whole(`${field}.cpu`, reserve.cpu, 0, LIMITS.maxCpu)],
    ['memoryKib', readKib(check, `${field}.memory_kib`, reserve?.memoryKib)],
    ['ioKib', readKib(check, `${field}.io_kib`, reserve?.ioKib)],
  ]);
}

interface Capacity {
  readonly maxCpu?: number | undefined;
  readonly maxMemoryKib?: bigint | undefined;
  readonly maxIoKib?: bigint | undefined;
}

export function readCapacity(check: Check, request: Capacity): Partial<Resources> {
  return given([
    ['cpu', request.maxCpu === undefined ? undefined : check.whole('max_cpu', request.maxCpu, 0, LIMITS.maxCpu)],
    ['memoryKib', readKib(check, 'max_memory_kib', request.maxMemoryKib)],
    ['ioKib', readKib(check, 'max_io_kib', request.maxIoKib)],
  ]);
}

function readKib(check: Check, field: string, value: bigint | undefined): number | undefined {
  return value === undefined ? undefined : check.amount(field, value, 0, LIMITS.maxKib);
}

interface LabelEditsMessage {
  readonly setLabels: { readonly [key: string]: string };
  readonly removeLabels: readonly string[];
}

export function readLabelEdits(check: Check, request: LabelEditsMessage) {
  const setLabels = check.labels('set_labels', request.setLabels);
  const removeLabels = check.list('remove_labels', request.removeLabels, LIMITS.maxLabels, (field, key) =>
    check.labelText(field, key),
  );
  for (const key of removeLabels) if (key in setLabels) check.add('remove_labels', 'holds a key of set_labels');
  return { setLabels, removeLabels };
}
