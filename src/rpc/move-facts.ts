// What a move has to know that no table holds: the guest's own XML, and which hosts cannot run its CPU.
// Asked before the decision, since a decision asks nobody.

import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import { PLAIN_TRAITS } from '../fleet/traits.js';
import type { MoveFacts } from '../policy/move.js';
import { HypervisorError } from '../ports/hypervisor.js';
import { domainFacts, traitsOf } from '../xml/domain-facts.js';
import type { RpcParts } from './parts.js';

const NOTHING_KNOWN: MoveFacts = { traits: PLAIN_TRAITS, refusedBy: new Set() };

/** `destHost` alone is asked for its CPU where it is named; else every host whose CPU differs from the guest's own host's. */
export async function moveFacts(parts: RpcParts, vmid: string, wanted = true, destHost = ''): Promise<MoveFacts> {
  const { fleet } = parts.authority;
  const guest = fleet.get('guest', vmid);
  const host = guest && fleet.get('host', guest.hostname);
  // Without them, or a domain that can be asked, the decision itself refuses, with its own reason.
  if (!wanted || guest === undefined || host === undefined || host.condition !== 'READY') return NOTHING_KNOWN;
  if (guest.state !== 'RUNNING' && guest.state !== 'PAUSED') return NOTHING_KNOWN;
  const facts = domainFacts(await parts.hypervisor.host(host).domainXml(guest.uuid));
  // An emulated guest's CPU is QEMU's own work, which every host's QEMU does alike.
  const cpuXml = facts.domainType === 'kvm' ? facts.cpuXml : '';
  const candidates = cpuXml === '' ? [] : otherCpus(fleet, guest, destHost);
  const refused = await Promise.all(candidates.map((hostname) => refuses(parts, fleet, hostname, cpuXml)));
  return { traits: traitsOf(facts), refusedBy: new Set(candidates.filter((_, index) => refused[index])) };
}

function otherCpus(fleet: FleetView, guest: Guest, destHost: string): string[] {
  const own = fleet.get('host', guest.hostname)?.observed?.cpuXml;
  return [...fleet.all('host')]
    .filter((host) => host.condition === 'READY' && (destHost === '' || host.hostname === destHost))
    .filter((host) => host.hostname !== guest.hostname && host.observed?.cpuXml !== own)
    .map((host) => host.hostname);
}

/** A host that cannot say, or does not answer now, is not held against: the migration itself will tell. */
async function refuses(parts: RpcParts, fleet: FleetView, hostname: string, cpuXml: string): Promise<boolean> {
  const host = fleet.get('host', hostname);
  if (host === undefined) return false;
  try {
    return (await parts.hypervisor.host(host).runsCpu(cpuXml)) === false;
  } catch (error) {
    if (error instanceof HypervisorError) return false;
    throw error;
  }
}
