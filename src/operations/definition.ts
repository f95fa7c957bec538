// From a guest's row and its template to the definition that a host can make a domain of.

import type { FleetView } from '../fleet/fleet.js';
import type { Guest } from '../fleet/guest.js';
import type { GuestDefinition } from '../ports/hypervisor.js';

export function definitionOf(
  fleet: FleetView,
  guest: Guest,
  operation: string,
  epoch: number,
  disks: Guest['disks'] = guest.disks,
): GuestDefinition {
  const template = fleet.get('template', guest.template);
  if (template === undefined) throw new Error(`guest ${guest.vmid} has no template ${guest.template}`);
  return {
    templateXml: template.xml,
    uuid: guest.uuid,
    domainName: guest.domainName,
    currentCpu: guest.currentCpu,
    maxCpu: guest.maxCpu,
    currentMemoryKib: guest.currentMemoryKib,
    maxMemoryKib: guest.maxMemoryKib,
    disks,
    nics: guest.nics,
    cpuBaselineXml: fleet.policy.cpuBaselineXml,
    mark: { vmid: guest.vmid, operation, epoch },
  };
}
