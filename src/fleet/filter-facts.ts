// What the filters of watches go by, of a guest or a host: kept with each log entry as it was before, so that whoever
// watches through a filter can be told that something left it, also when the log is read again later.

import type { Change } from './change.js';

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

/** Of the entity after the change; undefined if it is deleted, or of a kind that is not watched. */
export function filterFacts({ kind, after }: Change): FilterFacts | undefined {
  if (after === undefined) return undefined;
  if (kind === 'host') {
    const { hostname, adminState: state, condition, zone, labels } = after;
    return { uuid: '', baseGuest: '', hostname, state, condition, zone, labels };
  }
  if (kind === 'guest') {
    const { uuid, baseGuest, hostname, state, labels } = after;
    return { uuid, baseGuest, hostname, state, condition: '', zone: '', labels };
  }
  return undefined;
}
