// AdoptGuests: running domains that virtdc did not make become its guests, without a stop. What they hold was counted as
// foreign load before and is theirs now; too much of it is no reason to refuse, only to say so.

import type { Template } from '../fleet/base-guest.js';
import { type Change, put, remove } from '../fleet/change.js';
import { type Claim, claimKey, totalOf } from '../fleet/claim.js';
import { accept, type Command, type DecisionContext, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestDisk, GuestNic } from '../fleet/guest.js';
import { allocatable } from '../fleet/host.js';
import { fits, type Resources, shortfall } from '../fleet/resources.js';
import { claimSize } from '../policy/claim.js';
import type { ObservedDomain } from '../ports/hypervisor.js';
import { deriveVmid } from './derive-vmid.js';
import { type Labels, Violations } from './violations.js';

/** A domain as its host and its XML show it. */
export interface AdoptableDomain
  extends Pick<ObservedDomain, 'uuid' | 'domainName' | 'state' | 'persistent' | 'migratingOut'> {
  readonly hostname: string;
  /** The vmid it is to get; empty: derived from its name. */
  readonly vmid: string;
  readonly currentCpu: number;
  readonly maxCpu: number;
  /** Its balloon. */
  readonly currentMemoryKib: number;
  readonly maxMemoryKib: number;
  readonly disks: readonly GuestDisk[];
  readonly nics: readonly GuestNic[];
  readonly xml: string;
}

export interface AdoptGuestsRequest {
  readonly domains: readonly AdoptableDomain[];
  readonly labels: Labels;
}

export interface Adoption {
  readonly hostname: string;
  readonly uuid: string;
  readonly domainName: string;
  readonly verdict: 'ADOPTED' | 'ALREADY' | 'REFUSED';
  /** Why it was refused, or what to look out for; may be empty. */
  readonly detail: string;
  /** undefined if it was refused. */
  readonly guest: Guest | undefined;
}

export interface AdoptGuestsResult {
  readonly adoptions: readonly Adoption[];
  /** Hosts that are sold beyond their capacity with what was adopted, and by how much. */
  readonly over: readonly { readonly hostname: string; readonly shortfall: Resources }[];
}

export function adoptGuests(request: AdoptGuestsRequest): Command<AdoptGuestsResult> {
  return {
    name: 'AdoptGuests',
    decide(fleet, context) {
      const violations = new Violations();
      violations.labels('labels', request.labels);
      const invalid = violations.refusal();
      if (invalid !== undefined) return refuse(invalid);
      const adopted = new Map<string, Guest>();
      const changes: Change[] = [];
      const adoptions = request.domains.map((domain): Adoption => {
        const { hostname, uuid, domainName } = domain;
        const about = { hostname, uuid, domainName };
        const known = fleet.guestByUuid(uuid);
        if (known !== undefined)
          return { ...about, verdict: 'ALREADY', detail: `is guest ${known.vmid}`, guest: known };
        const detail = whyNot(fleet, domain, adopted);
        if (detail !== undefined) return { ...about, verdict: 'REFUSED', detail, guest: undefined };
        const taken = (vmid: string): boolean => adopted.has(vmid) || fleet.get('guest', vmid) !== undefined;
        const vmid = domain.vmid === '' ? deriveVmid(domainName, taken) : domain.vmid;
        const guest = guestOf(context, domain, vmid, request.labels);
        adopted.set(vmid, guest);
        changes.push(...adoption(fleet, guest, domain));
        return { ...about, verdict: 'ADOPTED', detail: '', guest };
      });
      return accept({ adoptions, over: hostsOver(fleet, changes) }, changes);
    },
  };
}

function whyNot(fleet: FleetView, domain: AdoptableDomain, adopted: ReadonlyMap<string, Guest>): string | undefined {
  if (fleet.get('host', domain.hostname) === undefined) return `there is no host ${domain.hostname}`;
  if (domain.state !== 'RUNNING' && domain.state !== 'PAUSED') return `is ${domain.state}, only what runs is adopted`;
  if (domain.migratingOut === true) return 'is being migrated by somebody else';
  if ([...adopted.values()].some((guest) => guest.uuid === domain.uuid)) return 'runs on another host too';
  if (adopted.has(domain.vmid) || fleet.get('guest', domain.vmid) !== undefined) return `vmid ${domain.vmid} is taken`;
  return undefined;
}

function guestOf(context: DecisionContext, domain: AdoptableDomain, vmid: string, labels: Labels): Guest {
  const { uuid, domainName, hostname, currentCpu, currentMemoryKib, disks, nics, persistent } = domain;
  const observed = { pluggedCpu: currentCpu, balloonKib: currentMemoryKib, onlineCpu: undefined, bootId: undefined };
  return {
    vmid,
    uuid,
    domainName,
    hostname,
    state: domain.state === 'PAUSED' ? 'PAUSED' : 'RUNNING',
    stateReason: '',
    currentCpu,
    maxCpu: Math.max(domain.maxCpu, currentCpu),
    currentMemoryKib,
    maxMemoryKib: Math.max(domain.maxMemoryKib, currentMemoryKib),
    ioKib: disks.reduce((sum, disk) => sum + disk.capacityKib, 0),
    observed: { ...observed, at: context.now, addresses: [] },
    disks,
    nics,
    seed: undefined,
    baseGuest: '',
    template: `adopted:${uuid}`,
    persistent,
    adopted: true,
    restartPolicy: 'NEVER',
    priority: 0,
    restarts: undefined,
    operation: '',
    labels,
    createdBy: context.principal,
    createdByRequest: context.requestId,
    createdAt: context.now,
    cause: '',
    revision: 0,
  };
}

/** The guest, its XML, and its claim in the place of the foreign one. */
function adoption(fleet: FleetView, guest: Guest, { xml }: AdoptableDomain): readonly Change[] {
  const { hostname, vmid, uuid } = guest;
  const template: Template = { key: guest.template, xml, revision: 0 };
  const claim: Claim = { hostname, vmid, kind: 'GUEST', ...claimSize(guest, fleet.policy), revision: 0 };
  const foreign = claimKey(hostname, uuid);
  const replaced = fleet.get('claim', foreign) === undefined ? [] : [remove('claim', foreign, 'RELEASED')];
  return [put('template', template), put('guest', guest), ...replaced, put('claim', claim)];
}

function hostsOver(fleet: FleetView, changes: readonly Change[]): AdoptGuestsResult['over'] {
  const changed = new Map<string, Claim | undefined>();
  for (const change of changes) if (change.kind === 'claim') changed.set(change.key, change.after);
  const added = [...changed.values()].filter((claim) => claim !== undefined);
  return [...new Set(added.map((claim) => claim.hostname))].sort().flatMap((hostname) => {
    const host = fleet.get('host', hostname);
    if (host === undefined) return [];
    const kept = fleet.claimsOn(hostname).filter((claim) => !changed.has(claimKey(hostname, claim.vmid)));
    const { claimed } = totalOf([...kept, ...added.filter((claim) => claim.hostname === hostname)]);
    return fits(claimed, allocatable(host)) ? [] : [{ hostname, shortfall: shortfall(claimed, allocatable(host)) }];
  });
}
