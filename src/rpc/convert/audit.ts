// What an audit found on a host, as a message.

import type { AuditResponse } from '#gen/virtdc/v1/operations_service.js';
import type { HostAudit } from '../../queries/audit.js';
import { toResources } from './amounts.js';

export function toHostAudit(audit: HostAudit, revision: number): AuditResponse {
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
    })),
    revision: BigInt(revision),
  };
}
