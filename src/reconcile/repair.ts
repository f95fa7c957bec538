// The audit of one host, and its repair: most of what is found is mended by the looks that are taken all the time, so a
// repair decides what no look does, has the host looked at, and tells what is still found then.

import type { Authority } from '../authority/authority.js';
import { repairHost } from '../commands/repair-host.js';
import type { FleetView } from '../fleet/fleet.js';
import type { Host } from '../fleet/host.js';
import { type HostDriver, HypervisorError } from '../ports/hypervisor.js';
import { type AuditFinding, auditHost, type HostAudit } from '../queries/audit.js';
import type { Reconciler } from './reconciler.js';

export interface RepairParts {
  readonly authority: Authority;
  readonly reconciler: Pick<Reconciler, 'lookNow'>;
  driver(host: Host): HostDriver;
}

export interface Audited {
  readonly audit: HostAudit;
  readonly revision: number;
}

/** undefined: there is no such host any more. */
export async function auditNow(parts: RepairParts, hostname: string): Promise<Audited | undefined> {
  const known = parts.authority.fleet.get('host', hostname);
  if (known === undefined) return undefined;
  const domains = await unlessSilent(parts.driver(known).domains());
  const { value: audit, revision } = await parts.authority.read((fleet) => {
    const host = fleet.get('host', hostname);
    return host && auditHost(fleet, host, domains);
  });
  return audit && { audit, revision };
}

/** What is left of the findings once the host was repaired; `principal` is who asked for it. */
export async function repair(
  parts: RepairParts,
  { hostname, findings }: HostAudit,
  principal: string,
): Promise<readonly AuditFinding[]> {
  const copies = await copiesSeenAtHome(parts, findings);
  await parts.authority.execute(repairHost({ hostname, copies }), { principal, method: 'repair' });
  // What is missed once may be on its way, so it takes a second look to conclude that it is gone.
  await parts.reconciler.lookNow([hostname]);
  await parts.reconciler.lookNow([hostname]);
  return (await auditNow(parts, hostname))?.audit.findings ?? [];
}

/** A copy may be ended only while the guest is seen where it belongs: it might be the only one there is. */
async function copiesSeenAtHome(
  { authority, driver }: RepairParts,
  findings: readonly AuditFinding[],
): Promise<ReadonlySet<string>> {
  const seen = new Set<string>();
  for (const { kind, uuid } of findings) {
    const home = kind === 'WRONG_HOST' ? homeOf(authority.fleet, uuid) : undefined;
    const domain = home && (await unlessSilent(driver(home).domain(uuid)));
    if (domain?.state === 'RUNNING') seen.add(uuid);
  }
  return seen;
}

function homeOf(fleet: FleetView, uuid: string): Host | undefined {
  const guest = fleet.guestByUuid(uuid);
  return guest && fleet.get('host', guest.hostname);
}

/** undefined: the host does not answer. */
async function unlessSilent<T>(look: Promise<T>): Promise<T | undefined> {
  try {
    return await look;
  } catch (error) {
    if (error instanceof HypervisorError) return undefined;
    throw error;
  }
}
