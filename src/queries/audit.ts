// The claims on a host against the domains that it shows: what does not agree, and which open operation may explain it.
// A figure that libvirt did not give agrees with everything.

import { type Claim, claimKey, totalOf } from '../fleet/claim.js';
import { withOverhead } from '../fleet/cluster-policy.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestState } from '../fleet/guest.js';
import type { Host } from '../fleet/host.js';
import { add, NOTHING, type Resources } from '../fleet/resources.js';
import { orphanedClaims, unclaimedOn } from '../policy/stray-claims.js';
import { type DomainState, isActive, type ObservedDomain } from '../ports/hypervisor.js';

export type AuditFindingKind =
  | 'CLAIM_SHORT'
  | 'CLAIM_EXCESS'
  | 'DOMAIN_MISSING'
  | 'WRONG_HOST'
  | 'FOREIGN_DOMAIN'
  | 'STATE_DIFFERS'
  | 'HOST_OVERCOMMITTED'
  | 'CLAIM_MISSING'
  | 'CLAIM_ORPHANED';

export interface AuditFinding {
  readonly kind: AuditFindingKind;
  /** Empty for a foreign domain, and for the host itself. */
  readonly vmid: string;
  /** Empty for the host itself. */
  readonly uuid: string;
  /** Open on the guest; empty: none. */
  readonly operation: string;
  readonly claimed: Resources | undefined;
  readonly observed: Resources | undefined;
  readonly detail: string;
}

export interface HostAudit {
  readonly hostname: string;
  /** If it was not, nothing is known of it and there are no findings. */
  readonly reached: boolean;
  readonly domains: number;
  readonly claimed: Resources;
  /** Of all its domains; undefined if it was not reached. */
  readonly observed: Resources | undefined;
  readonly findings: readonly AuditFinding[];
}

/** `domains` undefined: the host did not answer. */
export function auditHost(fleet: FleetView, host: Host, domains: readonly ObservedDomain[] | undefined): HostAudit {
  const { hostname } = host;
  const claimed = fleet.claimed(hostname);
  if (domains === undefined) {
    return { hostname, reached: false, domains: 0, claimed, observed: undefined, findings: [] };
  }
  const active = domains.filter(isActive);
  const present = new Set(domains.map((domain) => domain.uuid));
  const findings = [
    ...domains.flatMap((domain) => auditDomain(fleet, hostname, domain)),
    ...fleet
      .guestsOn(hostname)
      .filter((guest) => !present.has(guest.uuid))
      .flatMap(missing),
    ...unclaimedOn(fleet, hostname).map(unclaimed),
    ...orphanedClaims(fleet, hostname).map((claim) => orphaned(fleet, claim)),
    ...(fleet.room(host).isOver ? [overcommitted(fleet, host)] : []),
  ];
  const observed = active.reduce((sum, domain) => add(sum, usedBy(fleet, domain)), NOTHING);
  return { hostname, reached: true, domains: domains.length, claimed, observed, findings };
}

function usedBy(fleet: FleetView, domain: ObservedDomain): Resources {
  const balloonKib = domain.balloonKib ?? domain.maxMemoryKib;
  return {
    cpu: domain.currentCpu ?? 0,
    memoryKib: balloonKib === undefined ? 0 : withOverhead(balloonKib, fleet.policy),
    ioKib: fleet.guestByUuid(domain.uuid)?.ioKib ?? 0,
  };
}

function auditDomain(fleet: FleetView, hostname: string, domain: ObservedDomain): readonly AuditFinding[] {
  const guest = fleet.guestByUuid(domain.uuid);
  const { uuid } = domain;
  const observed = usedBy(fleet, domain);
  if (guest === undefined) {
    if (!isActive(domain)) return [];
    const claimed = fleet.get('claim', claimKey(hostname, uuid))?.resources;
    const detail = `${domain.domainName} is not virtdc's: it counts as load`;
    return [{ kind: 'FOREIGN_DOMAIN', vmid: '', uuid, operation: '', claimed, observed, detail }];
  }
  const { vmid, operation } = guest;
  const claim = fleet.get('claim', claimKey(hostname, vmid));
  const about = { vmid, uuid, operation, claimed: claim?.resources, observed };
  if (guest.hostname !== hostname && claim?.kind !== 'INCOMING') {
    return [{ ...about, kind: 'WRONG_HOST', detail: `${vmid} belongs to host ${guest.hostname}, its domain is here` }];
  }
  const findings: AuditFinding[] = [];
  const size = claim !== undefined && isActive(domain) ? sizeFinding(fleet, guest, claim, domain) : undefined;
  if (size !== undefined) findings.push({ ...about, ...size });
  if (guest.hostname === hostname && !EXPECTED[guest.state].includes(domain.state)) {
    findings.push({
      ...about,
      kind: 'STATE_DIFFERS',
      detail: `${vmid} is ${guest.state} to virtdc, ${domain.state} to libvirt`,
    });
  }
  return findings;
}

const ANY: readonly DomainState[] = ['RUNNING', 'PAUSED', 'SHUTDOWN', 'SHUTOFF', 'CRASHED', 'SUSPENDED', 'NOSTATE'];

/** Domain states that agree with the guest's. */
const EXPECTED: Readonly<Record<GuestState, readonly DomainState[]>> = {
  PENDING: ANY,
  STARTING: ANY,
  RUNNING: ['RUNNING', 'NOSTATE'],
  PAUSED: ['PAUSED', 'SUSPENDED'],
  MIGRATING: ['RUNNING', 'PAUSED', 'NOSTATE'],
  STOPPED: ['SHUTOFF', 'CRASHED'],
  TERMINATING: ANY,
  LOST: ['SHUTOFF', 'CRASHED'],
  UNKNOWN: ANY,
};

type SizeFinding = Pick<AuditFinding, 'kind' | 'detail'>;

/** What it has must be claimed, what it could take back must be kept; more than both is wasted. */
function sizeFinding(fleet: FleetView, guest: Guest, claim: Claim, domain: ObservedDomain): SizeFinding | undefined {
  const { cpu, memoryKib } = claim.resources;
  const { currentCpu: plugged = cpu, balloonKib, maxMemoryKib = guest.maxMemoryKib } = domain;
  const has = balloonKib === undefined ? memoryKib : withOverhead(balloonKib, fleet.policy);
  const mostKib = withOverhead(maxMemoryKib, fleet.policy);
  const keptKib = memoryKib + claim.retakeKib;
  if (plugged > cpu) return { kind: 'CLAIM_SHORT', detail: `${plugged} vCPUs are plugged, ${cpu} claimed` };
  if (has > memoryKib)
    return { kind: 'CLAIM_SHORT', detail: `it has ${has} KiB with overhead, ${memoryKib} are claimed` };
  if (mostKib > keptKib)
    return { kind: 'CLAIM_SHORT', detail: `it can take ${mostKib} KiB, ${keptKib} are kept for it` };
  if (cpu > Math.max(plugged, guest.currentCpu)) {
    return { kind: 'CLAIM_EXCESS', detail: `${cpu} vCPUs are claimed, ${plugged} plugged` };
  }
  const askedKib = withOverhead(guest.currentMemoryKib, fleet.policy);
  if (balloonKib !== undefined && memoryKib > Math.max(has, askedKib)) {
    return { kind: 'CLAIM_EXCESS', detail: `${memoryKib} KiB are claimed, it has ${has} with overhead` };
  }
  return undefined;
}

const RUNS: ReadonlySet<GuestState> = new Set(['RUNNING', 'PAUSED', 'MIGRATING']);

function missing(guest: Guest): readonly AuditFinding[] {
  if (!RUNS.has(guest.state)) return [];
  const { vmid, uuid, operation, state } = guest;
  const detail = `${vmid} is ${state}, and its host has no such domain`;
  return [{ kind: 'DOMAIN_MISSING', vmid, uuid, operation, claimed: undefined, observed: undefined, detail }];
}

function unclaimed({ vmid, uuid, operation, hostname }: Guest): AuditFinding {
  const detail = `${vmid} belongs to ${hostname}, and nothing is claimed for it there`;
  return { kind: 'CLAIM_MISSING', vmid, uuid, operation, claimed: undefined, observed: undefined, detail };
}

function orphaned(fleet: FleetView, { hostname, vmid, resources: claimed }: Claim): AuditFinding {
  const uuid = fleet.get('guest', vmid)?.uuid ?? '';
  const detail = `${hostname} keeps room for ${vmid}, which is not there and not on its way`;
  return { kind: 'CLAIM_ORPHANED', vmid, uuid, operation: '', claimed, observed: undefined, detail };
}

function overcommitted(fleet: FleetView, host: Host): AuditFinding {
  const { claimed } = totalOf(fleet.claimsOn(host.hostname));
  const { cpu, memoryKib, ioKib } = fleet.available(host);
  const detail = `more is claimed than may be sold: ${cpu} vCPUs, ${memoryKib} KiB of memory, ${ioKib} KiB of disk left`;
  return { kind: 'HOST_OVERCOMMITTED', vmid: '', uuid: '', operation: '', claimed, observed: undefined, detail };
}
