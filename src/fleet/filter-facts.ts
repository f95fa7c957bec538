// What the filters of watches go by, of a guest or a host: kept with each log entry as it was before, so that whoever
// watches through a filter can be told that something left it, also when the log is read again later.

import type { Change } from './change.js';
import type { Guest } from './guest.js';
import type { Host } from './host.js';

export interface FilterFacts {
  /** Of a guest; empty for hosts. */
  readonly uuid: string;
  readonly baseGuest: string;
  /** Of a guest: its host. Of a host: its own name. */
  readonly hostname: string;
  /** Of a guest: its state. Of a host: its admin state. */
  readonly state: string;
  /** Of a host; empty for guests. */
  readonly condition: string;
  readonly zone: string;
  readonly labels: Readonly<Record<string, string>>;
}

export function hostFacts({ hostname, adminState: state, condition, zone, labels }: Host): FilterFacts {
  return { uuid: '', baseGuest: '', hostname, state, condition, zone, labels };
}

export function guestFacts({ uuid, baseGuest, hostname, state, labels }: Guest): FilterFacts {
  return { uuid, baseGuest, hostname, state, condition: '', zone: '', labels };
}

/** Of the entity after the change; undefined if it is deleted, or of a kind that is not watched. */
export function filterFacts({ kind, after }: Change): FilterFacts | undefined {
  if (after === undefined) return undefined;
  if (kind === 'host') return hostFacts(after);
  if (kind === 'guest') return guestFacts(after);
  return undefined;
}
