// Collects every violation of a request before it is refused, so that a caller mends all of them at once.

import { type FieldViolation, invalidFields, type Refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';

export interface Violations {
  add(field: string, description: string): void;
  /** The field is a whole number from least to most. */
  whole(field: string, value: number, least: number, most: number): void;
  /** The field is a vCPU count a guest may have. */
  cpu(field: string, value: number): void;
  /** The field is an amount of memory a guest may have, KiB. */
  memoryKib(field: string, value: number): void;
  labels(field: string, labels: Readonly<Record<string, string>>): void;
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
  return {
    add,
    whole,
    cpu: (field, value) => whole(field, value, 1, LIMITS.maxCpu),
    memoryKib: (field, value) => whole(field, value, LIMITS.minMemoryKib, LIMITS.maxKib),
    labels(field, labels) {
      const entries = Object.entries(labels);
      if (entries.length > LIMITS.maxLabels) add(field, `${entries.length} labels, at most ${LIMITS.maxLabels}`);
      for (const [key, value] of entries) {
        if (key === '') add(field, 'a label has no key');
        if (key.length > LIMITS.maxLabelChars || value.length > LIMITS.maxLabelChars) {
          add(field, `label ${key.slice(0, LIMITS.maxLabelChars)}: at most ${LIMITS.maxLabelChars} characters`);
        }
      }
    },
    refusal: () => (found.length === 0 ? undefined : invalidFields(found)),
  };
}
