// What an audit found on a host, as a message.

import type { AuditResponse } from '#gen/virtdc/v1/operations_service.js';
import type { AuditFinding, HostAudit } from '../../queries/audit.js';
import { toResources } from './amounts.js';

/** `repaired` tells of each finding whether a repair has mended it. */
export function toHostAudit(
  audit: HostAudit,
  revision: number,
  repaired: (finding: AuditFinding) => boolean,
): AuditResponse {
  return {
    hostname: audit.hostname,
    reached: audit.reached,
    domains: audit.domains,
    claimed: toResources(audit.claimed),
    observed: audit.observed && toResources(audit.observed),
    findings: audit.findings.map((finding) => ({
      kind: `AUDIT_FINDING_KIND_${finding.kind}`,
      vmid: finding.vmid,
      uuid: finding.uuid,
      operation: finding.operation,
      claimed: finding.claimed && toResources(finding.claimed),
      observed: finding.observed && toResources(finding.observed),
      detail: finding.detail,
      repaired: repaired(finding),
    })),
    revision: BigInt(revision),
  };
}
