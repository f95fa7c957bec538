// What a look at a host means for the fleet: its condition and facts, its guests' states and sizes, domains of others.
// A guest with an open operation is the operation's affair: only what was seen of it is noted.

import { type Change, put, remove } from '../fleet/change.js';
import { type Claim, claimKey, sameHold } from '../fleet/claim.js';
import { withOverhead } from '../fleet/cluster-policy.js';
import { accept, type Command } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Guest, GuestObservation, GuestState } from '../fleet/guest.js';
import { type Host, type HostCondition, type HostFacts, sameFacts } from '../fleet/host.js';
import { NOTHING } from '../fleet/resources.js';
import { claimSize } from '../policy/claim.js';
import type { ObservedDomain } from '../ports/hypervisor.js';

/** What only the guest itself can tell (through its agent); undefined fields were not learnt this time. */
export interface GuestDetails {
  readonly onlineCpu: number | undefined;
  readonly bootId: string | undefined;
  readonly addresses: readonly string[] | undefined;
}

export interface HostLook {
  readonly hostname: string;
  readonly at: Date;
  /** Revision of the fleet when the host was asked: what has changed since may not be in its answer yet. */
  readonly asOf: number;
  /** Every domain of the host. */
  readonly domains: readonly ObservedDomain[];
  /** Learnt anew at this contact; undefined leaves them as they are. */
  readonly facts: HostFacts | undefined;
  readonly details: ReadonlyMap<string, GuestDetails>;
  /** UUIDs of domains that were heard to shut down by themselves since the last look. */
  readonly shutDown: ReadonlySet<string>;
  /** UUIDs of guests that an earlier look missed already: what is seen only once may be on its way. */
  readonly missedBefore: ReadonlySet<string>;
  /** UUIDs of what the host had left behind, and has been dealt with. */
  readonly cleared: ReadonlySet<string>;
}

export function observeHost(look: HostLook): Command<undefined> {
  return {
    name: 'observe-host',
    decide(fleet) {
      const host = fleet.get('host', look.hostname);
      // One that was proven to be off is looked at in another way first: see answersAgain().
      if (host === undefined || host.condition === 'DEAD') return accept(undefined, []);
      const seen = new Map(look.domains.map((domain) => [domain.uuid, domain]));
      return accept(undefined, [
        ...hostChanges(host, look),
        ...fleet.guestsOn(host.hostname).flatMap((guest) => guestChanges(fleet, guest, seen.get(guest.uuid), look)),
        ...look.domains.flatMap((domain) => followed(fleet, host.hostname, domain, look)),
        ...foreignChanges(fleet, host.hostname, look.domains),
      ]);
    },
  };
}

/** A host that was proven to be off answers: nothing more is concluded from that proof, and nothing is known of it yet. */
export function answersAgain(hostname: string): Command<undefined> {
  return {
    name: 'answers-again',
    decide(fleet) {
      const host = fleet.get('host', hostname);
      if (host?.condition !== 'DEAD') return accept(undefined, []);
      const conditionReason = 'answers again; stale copies of guests are looked for before it is used';
      return accept(undefined, [put('host', { ...host, condition: 'UNREACHABLE', conditionReason })]);
    },
  };
}

/** The host could not be looked at: nothing is known of its guests, and nothing is concluded about them. */
export function loseSightOfHost(hostname: string, condition: HostCondition, reason: string): Command<undefined> {
  return {
    name: 'lose-sight-of-host',
    decide(fleet) {
      const host = fleet.get('host', hostname);
      if (host === undefined || host.condition === 'DEAD') return accept(undefined, []);
      const lost = host.condition === condition ? [] : [put('host', { ...host, condition, conditionReason: reason })];
      // Also those that an operation let go since: nobody has seen what became of them.
      const hidden = condition === 'UNREACHABLE' ? fleet.guestsOn(hostname).filter(isSettled) : [];
      const unknown = hidden
        .filter((guest) => guest.state === 'RUNNING' || guest.state === 'PAUSED')
        .map((guest) => put('guest', { ...guest, state: 'UNKNOWN', stateReason: `${hostname} does not answer` }));
      return accept(undefined, [...lost, ...unknown]);
    },
  };
}

function hasEnded({ state }: ObservedDomain): boolean {
  return state === 'SHUTOFF' || state === 'CRASHED';
}

function isSettled(guest: Guest): boolean {
  return guest.operation === '';
}

function hostChanges(host: Host, look: HostLook): Change[] {
  const facts = look.facts ?? host.observed;
  const leftBehind = host.leftBehind.filter((one) => !look.cleared.has(one.uuid));
  // What was left behind since the look began is to be cleared first.
  if (leftBehind.length > 0) return [];
  const asBefore = leftBehind.length === host.leftBehind.length && sameFacts(facts, host.observed);
  if (host.condition === 'READY' && asBefore) return [];
  return [put('host', { ...host, condition: 'READY', conditionReason: '', observed: facts, leftBehind })];
}

function guestChanges(fleet: FleetView, guest: Guest, domain: ObservedDomain | undefined, look: HostLook): Change[] {
  if (guest.revision > look.asOf) return [];
  const observed = observation(guest, domain, look);
  const { state, reason } = isSettled(guest)
    ? stateOf(guest, domain, look)
    : { state: guest.state, reason: guest.stateReason };
  const next: Guest = { ...guest, state, stateReason: reason, observed };
  const changed = state !== guest.state || reason !== guest.stateReason || observed !== guest.observed;
  const cause = state !== guest.state ? 'EXTERNAL' : 'OBSERVED';
  const changes: Change[] = changed ? [put('guest', next, cause)] : [];
  return isSettled(guest) ? [...changes, ...claimChanges(fleet, next, domain)] : changes;
}

/** The same object where nothing new was seen, so that watchers are not told of it. */
function observation(guest: Guest, domain: ObservedDomain | undefined, look: HostLook): GuestObservation | undefined {
  const before = guest.observed;
  if (domain === undefined || hasEnded(domain)) {
    // Under an operation it may be on its way to another host: what was seen of it still holds.
    return isSettled(guest) ? undefined : before;
  }
  const details = look.details.get(guest.uuid);
  const next: GuestObservation = {
    at: look.at,
    pluggedCpu: domain.currentCpu ?? before?.pluggedCpu,
    onlineCpu: details?.onlineCpu ?? before?.onlineCpu,
    balloonKib: domain.balloonKib ?? before?.balloonKib,
    bootId: details?.bootId ?? before?.bootId,
    addresses: details?.addresses ?? before?.addresses ?? [],
  };
  const same =
    before !== undefined &&
    next.pluggedCpu === before.pluggedCpu &&
    next.onlineCpu === before.onlineCpu &&
    next.balloonKib === before.balloonKib &&
    next.bootId === before.bootId &&
    next.addresses.join(' ') === before.addresses.join(' ');
  return same ? before : next;
}

function stateOf(
  guest: Guest,
  domain: ObservedDomain | undefined,
  { shutDown, missedBefore }: HostLook,
): { state: GuestState; reason: string } {
  const stays = (state: GuestState, reason: string) => ({
    state,
    reason: guest.state === state ? guest.stateReason : reason,
  });
  if (domain === undefined) {
    if (guest.state === 'STOPPED' || guest.state === 'LOST') return stays(guest.state, '');
    if (!shutDown.has(guest.uuid) && !missedBefore.has(guest.uuid))
      return { state: guest.state, reason: guest.stateReason };
    return shutDown.has(guest.uuid)
      ? { state: 'STOPPED', reason: 'the guest powered off' }
      : { state: 'LOST', reason: 'not on its host any more' };
  }
  switch (domain.state) {
    case 'SHUTOFF':
      if (guest.state === 'STOPPED' || guest.state === 'LOST') return stays(guest.state, '');
      return domain.stateReason === 'SHUTDOWN' || shutDown.has(guest.uuid)
        ? { state: 'STOPPED', reason: 'the guest powered off' }
        : { state: 'LOST', reason: `ended without powering off: ${domain.stateReason}` };
    case 'CRASHED':
      return stays('LOST', 'the guest crashed');
    case 'PAUSED':
      return stays('PAUSED', domain.stateReason === 'USER' ? 'paused by hand' : `paused: ${domain.stateReason}`);
    default:
      return { state: 'RUNNING', reason: '' };
  }
}

/** A guest that is lost where it belongs, and runs here: somebody moved it, and it belongs here from now on. */
function followed(fleet: FleetView, hostname: string, domain: ObservedDomain, look: HostLook): readonly Change[] {
  const guest = fleet.guestByUuid(domain.uuid);
  if (guest === undefined || guest.hostname === hostname || hasEnded(domain)) return [];
  if (guest.state !== 'LOST' || !isSettled(guest) || guest.revision > look.asOf) return [];
  const { vmid } = guest;
  const observed = observation(guest, domain, look);
  const { state, reason: stateReason } = stateOf(guest, domain, look);
  const after: Guest = { ...guest, hostname, state, stateReason, observed, persistent: domain.persistent };
  const claim: Claim = { hostname, vmid, kind: 'GUEST', ...claimSize(after, fleet.policy), revision: 0 };
  return [
    put('guest', after, 'EXTERNAL'),
    remove('claim', claimKey(guest.hostname, vmid), 'RELEASED'),
    put('claim', claim, 'EXTERNAL'),
  ];
}

function claimChanges(fleet: FleetView, guest: Guest, domain: ObservedDomain | undefined): Change[] {
  const claim = fleet.get('claim', claimKey(guest.hostname, guest.vmid));
  // Only what was seen changes a claim: of a stopped or lost guest nothing was.
  if (claim === undefined || domain === undefined || guest.observed === undefined) return [];
  const size = claimSize(guest, fleet.policy, claim.resources.cpu);
  return sameHold(claim, size) ? [] : [put('claim', { ...claim, ...size })];
}

/** Domains that are no guest's: counted as load with the most they can take, never touched. */
function foreignChanges(fleet: FleetView, hostname: string, domains: readonly ObservedDomain[]): Change[] {
  const present = new Map<string, Claim>();
  for (const domain of domains) {
    if (hasEnded(domain) || fleet.guestByUuid(domain.uuid) !== undefined) continue;
    const memoryKib = domain.maxMemoryKib ?? domain.balloonKib ?? 0;
    present.set(domain.uuid, {
      hostname,
      vmid: domain.uuid,
      kind: 'FOREIGN',
      resources: { ...NOTHING, cpu: domain.currentCpu ?? 0, memoryKib: withOverhead(memoryKib, fleet.policy) },
      retakeKib: 0,
      revision: 0,
    });
  }
  const known = fleet.claimsOn(hostname).filter((claim) => claim.kind === 'FOREIGN');
  const gone = known
    .filter((claim) => !present.has(claim.vmid))
    .map((claim) => remove('claim', claimKey(hostname, claim.vmid), 'RELEASED'));
  const changed = [...present.values()].filter((claim) => {
    const before = fleet.get('claim', claimKey(hostname, claim.vmid));
    return before === undefined || !sameHold(before, claim);
  });
  return [...gone, ...changed.map((claim) => put('claim', claim))];
}
