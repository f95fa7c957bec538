// Collects every violation of a request before it is refused, so that a caller mends all of them at once.

import { type FieldViolation, invalidFields, type Refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';

export type Labels = Readonly<Record<string, string>>;

export interface LabelEdits {
  readonly setLabels: Labels;
  /** Keys; unknown ones are ignored. */
  readonly removeLabels: readonly string[];
}

export function editLabels(labels: Labels, { setLabels, removeLabels }: LabelEdits): Labels {
  const kept = Object.entries(labels).filter(([key]) => !removeLabels.includes(key));
  return { ...Object.fromEntries(kept), ...setLabels };
}

export interface Violations {
  add(field: string, description: string): void;
  /** The field is a whole number from least to most. */
  whole(field: string, value: number, least: number, most: number): void;
  /** The field is a vCPU count a guest may have. */
  cpu(field: string, value: number): void;
  /** The field is an amount of memory a guest may have, KiB. */
  memoryKib(field: string, value: number): void;
  /** The field is a priority of a guest. */
  priority(field: string, value: number): void;
  /** Labels that something is to have. */
  labels(field: string, labels: Labels): void;
  /** Labels as they would be after the edits; a key is set or removed, not both. */
  labelEdits(edits: LabelEdits, after: Labels): void;
  /** All of them as one refusal; undefined if there are none. */
  refusal(): Refusal | undefined;
}

export function collectViolations(): Violations {
  const found: FieldViolation[] = [];
  const add = (field: string, description: string): void => void found.push({ field, description });
  const whole = (field: string, value: number, least: number, most: number): void => {
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      add(field, `${value} is not a whole number from ${least} to ${most}`);
    }
  };
  const labels = (field: string, given: Labels): void => {
    const entries = Object.entries(given);
    if (entries.length > LIMITS.maxLabels) add(field, `${entries.length} labels, at most ${LIMITS.maxLabels}`);
    for (const [key, value] of entries) {
      if (key === '') add(field, 'a label has no key');
      if (key.length > LIMITS.maxLabelChars || value.length > LIMITS.maxLabelChars) {
        add(field, `label ${key.slice(0, LIMITS.maxLabelChars)}: at most ${LIMITS.maxLabelChars} characters`);
      }
    }
  };
  return {
    add,
    whole,
    labels,
    cpu: (field, value) => whole(field, value, 1, LIMITS.maxCpu),
    memoryKib: (field, value) => whole(field, value, LIMITS.minMemoryKib, LIMITS.maxKib),
    priority: (field, value) => whole(field, value, 0, LIMITS.maxPriority),
    labelEdits({ setLabels, removeLabels }, after) {
      for (const key of removeLabels) if (key in setLabels) add('remove_labels', `${key} is in set_labels too`);
      labels('set_labels', after);
    },
    refusal: () => (found.length === 0 ? undefined : invalidFields(found)),
  };
}
