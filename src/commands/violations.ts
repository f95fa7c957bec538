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

/** Made for every decision, hence a class. */
export class Violations {
  private readonly found: FieldViolation[] = [];

  add(field: string, description: string): void {
    this.found.push({ field, description });
  }

  /** The field is a whole number from least to most. */
  whole(field: string, value: number, least: number, most: number): void {
    if (!Number.isSafeInteger(value) || value < least || value > most) {
      this.add(field, `${value} is not a whole number from ${least} to ${most}`);
    }
  }

  /** The field is a vCPU count a guest may have. */
  cpu(field: string, value: number): void {
    this.whole(field, value, 1, LIMITS.maxCpu);
  }

  /** The field is an amount of memory a guest may have, KiB. */
  memoryKib(field: string, value: number): void {
    this.whole(field, value, LIMITS.minMemoryKib, LIMITS.maxKib);
  }

  /** The field is a priority of a guest. */
  priority(field: string, value: number): void {
    this.whole(field, value, 0, LIMITS.maxPriority);
  }

  /** Labels that something is to have. */
  labels(field: string, given: Labels): void {
    const entries = Object.entries(given);
    if (entries.length > LIMITS.maxLabels) this.add(field, `${entries.length} labels, at most ${LIMITS.maxLabels}`);
    for (const [key, value] of entries) {
      if (key === '') this.add(field, 'a label has no key');
      if (key.length > LIMITS.maxLabelChars || value.length > LIMITS.maxLabelChars) {
        this.add(field, `label ${key.slice(0, LIMITS.maxLabelChars)}: at most ${LIMITS.maxLabelChars} characters`);
      }
    }
  }

  /** Labels as they would be after the edits; a key is set or removed, not both. */
  labelEdits({ setLabels, removeLabels }: LabelEdits, after: Labels): void {
    for (const key of removeLabels) if (key in setLabels) this.add('remove_labels', `${key} is in set_labels too`);
    this.labels('set_labels', after);
  }

  /** All of them as one refusal; undefined if there are none. */
  refusal(): Refusal | undefined {
    return this.found.length === 0 ? undefined : invalidFields(this.found);
  }
}
