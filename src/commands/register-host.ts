// RegisterHost: a host that virtdc has just spoken to joins the fleet, with what it says of itself beside what is declared.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Host, HostFacts } from '../fleet/host.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import type { Resources } from '../fleet/resources.js';
import { LIMITS } from '../limits.js';
import { checkAmounts, checkRatios, override } from './host-fields.js';
import { Violations } from './violations.js';

export interface RegisterHostRequest {
  readonly hostname: string;
  readonly ipAddress: string;
  readonly uri: string;
  readonly migrationUri: string;
  /** Declared; what is left out is as observed. Disk space is observed nowhere and has to be given. */
  readonly capacity: Partial<Resources>;
  /** What is left out is the cluster's default. */
  readonly ratios: Partial<Resources>;
  readonly reserve: Partial<Resources>;
  readonly maxIoKibPerS: number;
  readonly labels: Readonly<Record<string, string>>;
  readonly zone: string;
  /** What the host answered when it was connected to. */
  readonly facts: HostFacts;
}

export function registerHost(request: RegisterHostRequest): Command<Host> {
  return {
    name: 'RegisterHost',
    decide(fleet, context) {
      const refused = violationsOf(request) ?? existing(fleet, request.hostname) ?? sameMachine(fleet, request);
      if (refused !== undefined) return refuse(refused);
      const { facts, capacity, ratios, reserve, ...declared } = request;
      const observedCapacity = { cpu: facts.cpu, memoryKib: facts.memoryKib, ioKib: 0 };
      const host: Host = {
        ...declared,
        adminState: 'AVAILABLE',
        condition: 'READY',
        conditionReason: '',
        capacity: override(observedCapacity, capacity),
        ratios: override(fleet.policy.defaultRatios, ratios),
        reserve: override(fleet.policy.defaultReserve, reserve),
        observed: facts,
        leftBehind: [],
        createdAt: context.now,
        cause: '',
        revision: 0,
      };
      return accept(host, [put('host', host)]);
    },
  };
}

function violationsOf(request: RegisterHostRequest): Refusal | undefined {
  const violations = new Violations();
  checkAmounts(violations, 'max_', request.capacity);
  if (request.capacity.ioKib === undefined) {
    violations.add('max_io_kib', 'has to be given: the host does not tell how much disk space guests may have');
  }
  checkRatios(violations, 'ratios.', request.ratios);
  checkAmounts(violations, 'reserve.', request.reserve);
  violations.whole('max_io_kib_per_s', request.maxIoKibPerS, 0, LIMITS.maxKib);
  violations.labels('labels', request.labels);
  return violations.refusal();
}

function existing(fleet: FleetView, hostname: string): Refusal | undefined {
  if (fleet.get('host', hostname) === undefined) return undefined;
  return refusal('HOST_EXISTS', `there is a host ${hostname} already`, { hostname });
}

/** Two names for one machine would sell it twice. */
function sameMachine(fleet: FleetView, request: RegisterHostRequest): Refusal | undefined {
  const uuid = request.facts.libvirtUuid;
  if (uuid === '') return undefined;
  for (const other of fleet.all('host')) {
    if (other.observed?.libvirtUuid !== uuid) continue;
    const message = `${request.hostname} is the same machine as host ${other.hostname} (host UUID ${uuid})`;
    return refusal('SAME_MACHINE', message, { hostname: request.hostname, other: other.hostname, host_uuid: uuid });
  }
  return undefined;
}
