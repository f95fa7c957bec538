// What an operator declares of a host, checked alike when it is registered, updated and imported.

import { RESOURCE_NAMES, type ResourceName, type Resources } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import type { Violations } from './violations.js';

/** Names of the resources' fields in the API. */
export const FIELD_OF: Readonly<Record<ResourceName, string>> = {
  cpu: 'cpu',
  memoryKib: 'memory_kib',
  ioKib: 'io_kib',
};

export function checkAmounts(violations: Violations, prefix: string, amounts: Partial<Resources>): void {
  for (const name of RESOURCE_NAMES) {
    const value = amounts[name];
    const most = name === 'cpu' ? LIMITS.maxCpu : LIMITS.maxKib;
    if (value !== undefined) violations.whole(`${prefix}${FIELD_OF[name]}`, value, 0, most);
  }
}

export function checkRatios(violations: Violations, prefix: string, ratios: Partial<Resources>): void {
  for (const name of RESOURCE_NAMES) {
    const value = ratios[name];
    if (value === undefined || (value > 0 && value <= LIMITS.maxRatio)) continue;
    violations.add(`${prefix}${FIELD_OF[name]}`, `${value} is not above 0 and at most ${LIMITS.maxRatio}`);
  }
}

/** The amounts of `base` with those of `over` in their place. */
export function override(base: Resources, over: Partial<Resources> | undefined): Resources {
  return {
    cpu: over?.cpu ?? base.cpu,
    memoryKib: over?.memoryKib ?? base.memoryKib,
    ioKib: over?.ioKib ?? base.ioKib,
  };
}
