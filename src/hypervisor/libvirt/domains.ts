// What domains a host has, and how they are.

import {
  type DomainStats,
  isNoMetadata,
  JobOperation,
  JobType,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  ListDomainsFlag,
  DomainState as State,
  StatsFlag,
  StatsType,
} from '../../libvirt/client.js';
import type {
  CallOptions,
  DomainMark,
  DomainState,
  DomainStateReason,
  HostDriver,
  ObservedDomain,
} from '../../ports/hypervisor.js';
import { MARK_NAMESPACE, parseMark } from '../../xml/domain-mark.js';
import { isNoJob, orElse, unlessNoDomain } from './errors.js';
import { isProbe } from './probe.js';
import type { Session } from './session.js';

const STATES: ReadonlyMap<number, DomainState> = new Map([
  [State.NOSTATE, 'NOSTATE'],
  [State.RUNNING, 'RUNNING'],
  [State.BLOCKED, 'RUNNING'],
  [State.PAUSED, 'PAUSED'],
  [State.SHUTDOWN, 'SHUTDOWN'],
  [State.SHUTOFF, 'SHUTOFF'],
  [State.CRASHED, 'CRASHED'],
  [State.PMSUSPENDED, 'SUSPENDED'],
]);

/** virDomainRunningReason, virDomainPausedReason, virDomainShutoffReason: the reasons that decisions depend on. */
const REASONS: Readonly<Partial<Record<DomainState, Readonly<Record<number, DomainStateReason>>>>> = {
  RUNNING: { 2: 'MIGRATED', 6: 'MIGRATION_CANCELED', 10: 'POSTCOPY', 11: 'POSTCOPY_FAILED' },
  PAUSED: {
    1: 'USER',
    2: 'MIGRATING',
    5: 'IO_ERROR',
    10: 'CRASHED',
    11: 'STARTING_UP',
    12: 'POSTCOPY',
    13: 'POSTCOPY_FAILED',
  },
  SHUTDOWN: { 1: 'USER' },
  SHUTOFF: { 1: 'SHUTDOWN', 2: 'DESTROYED', 3: 'CRASHED', 4: 'MIGRATED' },
  CRASHED: { 0: 'CRASHED', 1: 'CRASHED' },
};

/** Without the figures for which libvirt would have to wait for the domain's lock, or for QEMU. */
const STATS = StatsType.STATE | StatsType.BALLOON | StatsType.VCPU;

type Domains = Pick<HostDriver, 'domains' | 'domain' | 'domainXml' | 'domainMark'>;

export function domainMethods(session: Session): Domains {
  return {
    domains(options) {
      return session.call(listDomains, options);
    },
    domain(uuid, options) {
      return session.call((calls, sent) => lookAt(calls, uuid, sent), options);
    },
    domainXml(uuid, options) {
      return session.call((calls, sent) => calls.domains.xml(uuid, 0, sent), options);
    },
    domainMark(uuid: string, options?: CallOptions): Promise<DomainMark | undefined> {
      return session.call(async (calls, sent) => {
        const found = calls.domains.metadata(uuid, MARK_NAMESPACE, 0, sent);
        return parseMark(await orElse(found, isNoMetadata, ''));
      }, options);
    },
  };
}

/** Two calls, however many domains there are. */
async function listDomains(calls: LibvirtCalls, sent: LibvirtCallOptions): Promise<ObservedDomain[]> {
  const [stats, transient] = await Promise.all([
    calls.domains.stats(STATS, StatsFlag.NOWAIT, [], sent),
    calls.domains.list(ListDomainsFlag.TRANSIENT, sent),
  ]);
  const transientUuids = new Set(transient.map(({ uuid }) => uuid));
  return stats
    .filter(({ domain }) => !isProbe(domain.name))
    .map((each) => observed(each, !transientUuids.has(each.domain.uuid), undefined));
}

async function lookAt(
  calls: LibvirtCalls,
  uuid: string,
  sent: LibvirtCallOptions,
): Promise<ObservedDomain | undefined> {
  const answers = Promise.all([
    calls.domains.stats(STATS, StatsFlag.NOWAIT, [uuid], sent),
    calls.domains.isPersistent(uuid, sent),
    orElse(calls.migrations.jobStats(uuid, false, sent), isNoJob, undefined),
  ]);
  const found = await unlessNoDomain(answers);
  if (found === undefined) return undefined;
  const [[stats], persistent, job] = found;
  if (stats === undefined) return undefined;
  const runs = job !== undefined && job.type !== JobType.NONE;
  return observed(stats, persistent, runs && job.params.number('operation') === JobOperation.MIGRATION_OUT);
}

function observed(
  { domain, params }: DomainStats,
  persistent: boolean,
  migratingOut: boolean | undefined,
): ObservedDomain {
  const state = STATES.get(params.number('state.state') ?? State.NOSTATE) ?? 'NOSTATE';
  return {
    uuid: domain.uuid,
    domainName: domain.name,
    state,
    stateReason: REASONS[state]?.[params.number('state.reason') ?? 0] ?? 'OTHER',
    persistent,
    currentCpu: params.number('vcpu.current'),
    maxCpu: params.number('vcpu.maximum'),
    balloonKib: params.number('balloon.current'),
    maxMemoryKib: params.number('balloon.maximum'),
    // No job of a domain outlives it.
    migratingOut: domain.id < 0 ? false : migratingOut,
  };
}
