// UpdateHost: what an operator declares of a host, changed. Less than its guests hold is taken at its word: the host is then
// over, and takes nothing until it is not.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { Host } from '../fleet/host.js';
import { isRefusal, type Refusal } from '../fleet/refusal.js';
import type { Resources } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import { checkAmounts, checkRatios, override } from './host-fields.js';
import { findHost, type OnHost, staleRevision } from './preconditions.js';
import { editLabels, type LabelEdits, Violations } from './violations.js';

export interface UpdateHostRequest extends OnHost, LabelEdits {
  /** What is undefined stays as it is. */
  readonly ipAddress: string | undefined;
  readonly uri: string | undefined;
  readonly migrationUri: string | undefined;
  readonly capacity: Partial<Resources>;
  readonly ratios: Partial<Resources>;
  readonly reserve: Partial<Resources>;
  readonly maxIoKibPerS: number | undefined;
  readonly zone: string | undefined;
}

export function updateHost(request: UpdateHostRequest): Command<Host> {
  return {
    name: 'UpdateHost',
    decide(fleet) {
      const host = findHost(fleet, request.hostname);
      if (isRefusal(host)) return refuse(host);
      const after = updated(host, request);
      const refused = violationsOf(request, after) ?? staleRevision(host, request.expectedRevision);
      if (refused !== undefined) return refuse(refused);
      return accept(after, [put('host', after)]);
    },
  };
}

function updated(host: Host, request: UpdateHostRequest): Host {
  const after: Host = {
    ...host,
    ipAddress: request.ipAddress ?? host.ipAddress,
    uri: request.uri ?? host.uri,
    migrationUri: request.migrationUri ?? host.migrationUri,
    capacity: override(host.capacity, request.capacity),
    ratios: override(host.ratios, request.ratios),
    reserve: override(host.reserve, request.reserve),
    maxIoKibPerS: request.maxIoKibPerS ?? host.maxIoKibPerS,
    labels: editLabels(host.labels, request),
    zone: request.zone ?? host.zone,
  };
  if (after.uri === host.uri) return after;
  // Whatever was seen was seen at the old address.
  return {
    ...after,
    condition: 'UNREACHABLE',
    conditionReason: 'not reached at its new address yet',
    observed: undefined,
  };
}

function violationsOf(request: UpdateHostRequest, after: Host): Refusal | undefined {
  const violations = new Violations();
  checkAmounts(violations, 'max_', request.capacity);
  checkRatios(violations, 'ratios.', request.ratios);
  checkAmounts(violations, 'reserve.', request.reserve);
  if (request.maxIoKibPerS !== undefined) violations.whole('max_io_kib_per_s', request.maxIoKibPerS, 0, LIMITS.maxKib);
  violations.labelEdits(request, after.labels);
  return violations.refusal();
}
