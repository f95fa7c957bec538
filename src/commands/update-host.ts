// UpdateHost: what an operator declares of a host, changed; never below what its guests hold.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { allocatable, type Host } from '../fleet/host.js';
import { isRefusal, refusal, type Refusal } from '../fleet/refusal.js';
import { RESOURCE_NAMES, type Resources } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import { checkAmounts, checkRatios, FIELD_OF, override } from './host-fields.js';
import { findHost, staleRevision } from './preconditions.js';
import { collectViolations } from './violations.js';

export interface UpdateHostRequest {
  readonly hostname: string;
  /** 0: whatever it is. */
  readonly expectedRevision: number;
  /** What is undefined stays as it is. */
  readonly ipAddress: string | undefined;
  readonly uri: string | undefined;
  readonly migrationUri: string | undefined;
  readonly capacity: Partial<Resources>;
  readonly ratios: Partial<Resources>;
  readonly reserve: Partial<Resources>;
  readonly maxIoKibPerS: number | undefined;
  /** Replaces all of them. */
  readonly labels: Readonly<Record<string, string>> | undefined;
  readonly zone: string | undefined;
}

export function updateHost(request: UpdateHostRequest): Command<Host> {
  return {
    name: 'UpdateHost',
    decide(fleet) {
      const host = findHost(fleet, request.hostname);
      if (isRefusal(host)) return refuse(host);
      const after = updated(host, request);
      const refused =
        violationsOf(request) ?? staleRevision(host, request.expectedRevision) ?? tooSmall(fleet, host, after);
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
    labels: request.labels ?? host.labels,
    zone: request.zone ?? host.zone,
  };
  if (after.uri === host.uri) return after;
  // Whatever was seen was seen at the old address.
  return { ...after, condition: 'UNREACHABLE', conditionReason: 'not reached at its new address yet', observed: undefined };
}

function violationsOf(request: UpdateHostRequest): Refusal | undefined {
  const violations = collectViolations();
  checkAmounts(violations, 'capacity.', request.capacity);
  checkRatios(violations, 'ratios.', request.ratios);
  checkAmounts(violations, 'reserve.', request.reserve);
  if (request.maxIoKibPerS !== undefined) violations.whole('max_io_kib_per_s', request.maxIoKibPerS, 0, LIMITS.maxKib);
  if (request.labels !== undefined) violations.labels('labels', request.labels);
  return violations.refusal();
}

/** Only what gets smaller is looked at: a host that is over may be made larger step by step. */
function tooSmall(fleet: FleetView, before: Host, after: Host): Refusal | undefined {
  const claimed = fleet.claimed(before.hostname);
  const [had, has] = [allocatable(before), allocatable(after)];
  const short = RESOURCE_NAMES.filter((name) => has[name] < had[name] && has[name] < claimed[name]);
  if (short.length === 0) return undefined;
  const texts = short.map((name) => `${FIELD_OF[name]}: ${has[name]} allocatable, ${claimed[name]} claimed`);
  const metadata = Object.fromEntries(
    short.flatMap((name) => [
      [`${FIELD_OF[name]}_allocatable`, has[name]],
      [`${FIELD_OF[name]}_claimed`, claimed[name]],
    ]),
  );
  const message = `host ${before.hostname} would be sold beyond its capacity (${texts.join('; ')})`;
  return refusal('HOST_IN_USE', message, { hostname: before.hostname, ...metadata });
}
