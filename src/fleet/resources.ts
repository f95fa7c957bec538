// The three dimensions that virtdc sells (vCPUs, memory, disk space) and the arithmetic on them.
// Every amount is a whole, safe number; the API's 64-bit fields are checked against LIMITS before they come here.

export const RESOURCE_NAMES = ['cpu', 'memoryKib', 'ioKib'] as const;
export type ResourceName = (typeof RESOURCE_NAMES)[number];

/** Amounts of each resource: vCPUs, KiB of memory, KiB of disk space. */
export type Resources = { readonly [K in ResourceName]: number };

export const NOTHING: Resources = { cpu: 0, memoryKib: 0, ioKib: 0 };

export function mapResources(of: (name: ResourceName) => number): Resources {
  return { cpu: of('cpu'), memoryKib: of('memoryKib'), ioKib: of('ioKib') };
}

export function add(a: Resources, b: Resources): Resources {
  return mapResources((r) => a[r] + b[r]);
}

export function subtract(a: Resources, b: Resources): Resources {
  return mapResources((r) => a[r] - b[r]);
}

/** What is required beyond what is available, per resource; 0 where it fits. */
export function shortfall(required: Resources, available: Resources): Resources {
  return mapResources((r) => Math.max(0, required[r] - available[r]));
}

/** A resource of which nothing is required always fits, even where the host is already over. */
export function fits(required: Resources, available: Resources): boolean {
  return RESOURCE_NAMES.every((r) => required[r] <= 0 || required[r] <= available[r]);
}

export function sameResources(a: Resources, b: Resources): boolean {
  return RESOURCE_NAMES.every((r) => a[r] === b[r]);
}
