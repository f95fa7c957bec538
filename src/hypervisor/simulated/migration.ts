// Peer-to-peer live migration between simulated hosts. The source's libvirtd drives it (begin, prepare, perform, finish,
// confirm), the data flows from guest process to guest process, and each part can fail by itself, as it does in libvirt:
// a target that was frozen serves a buffered finish after the source has gone on, and then the guest runs twice.

import type { MigrateOptions, MigrationProgress } from '../../ports/hypervisor.js';
import type { SimulatedDatacenter } from './datacenter.js';
import { type Domain, liveDefinition, newDomain } from './domain.js';
import { isTaken, refuseMissingDevices, setState } from './domain-calls.js';
import type { SimulatedHost } from './host.js';
import { pause } from './machine.js';
import { endJob, type MigrationJob, progress } from './migration-job.js';
import { drive } from './migration-steps.js';
import { Refused } from './refused.js';
import { newTransfer } from './transfer.js';

const MIB = 1024 * 1024;

/** The call as the source's libvirtd serves it: returns when the guest is gone from there. */
export async function migrate(
  source: SimulatedHost,
  uuid: string,
  destName: string,
  options: MigrateOptions,
): Promise<void> {
  const { datacenter } = source;
  const job = begin(source, uuid, destName, options);
  try {
    await prepare(datacenter, job);
  } catch (error) {
    endJob(datacenter, job);
    throw error;
  }
  drive(datacenter, job);
  await datacenter.until(() => job.outcome !== undefined, undefined);
  if (job.outcome !== undefined && job.outcome.kind !== 'DONE') {
    throw new Refused(job.outcome.kind, job.outcome.message);
  }
}

function begin(source: SimulatedHost, uuid: string, destName: string, options: MigrateOptions): MigrationJob {
  const { datacenter } = source;
  const { domain } = source.running(uuid);
  if (domain.job !== undefined) throw new Refused('CONFLICT', `domain ${domain.domainName} is busy with a migration`);
  if (options.postcopy && options.arrivePaused) throw new Refused('UNSUPPORTED', 'post-copy excludes paused arrival');
  if (destName === source.name) throw new Refused('REFUSED', 'attempt to migrate guest to the same host');
  for (const { path, target, role } of domain.definition.disks) {
    if (role === 'DISK' && source.volumeAt(path)?.shared !== true && !options.copyDisks.includes(target)) {
      throw new Refused('UNSUPPORTED', `unsafe migration: disk ${target} is not on shared storage`);
    }
  }
  const now = datacenter.now();
  const job: MigrationJob = {
    id: datacenter.random.uuid(),
    uuid,
    source: source.name,
    dest: destName,
    options,
    startedAt: now,
    phase: 'PREPARE',
    transfer: undefined,
    wasPaused: false,
    sourceDaemon: source.daemonStarts,
    destDaemon: datacenter.hosts.get(destName)?.daemonStarts ?? 0,
    steppedAt: now,
    destSilentSince: undefined,
    sourceSilentSince: undefined,
    abortAsked: false,
    postcopyAsked: false,
    stoppedAt: undefined,
    downtimeMs: undefined,
    finish: 'UNSENT',
    outcome: undefined,
    over: false,
  };
  domain.job = { id: job.id, direction: 'OUT' };
  datacenter.jobs.set(job.id, job);
  return job;
}

/** The target is asked whether it can take the guest, and makes room for it: a paused domain. */
async function prepare(datacenter: SimulatedDatacenter, job: MigrationJob): Promise<void> {
  const dest = datacenter.hosts.get(job.dest);
  const source = datacenter.host(job.source);
  const { machine: begun } = source.running(job.uuid);
  const heard = () => dest?.answers === true && datacenter.network.reaches(job.source, job.dest);
  const refused = () =>
    dest === undefined || (dest.powered && dest.daemon === 'DEAD' && datacenter.network.reaches(job.source, job.dest));
  await datacenter.until(() => heard() || refused() || job.abortAsked, datacenter.durations.keepaliveMs);
  if (job.abortAsked) throw new Refused('JOB_ABORTED', 'the migration was aborted');
  if (dest === undefined || !heard()) throw new Refused('REFUSED', `unable to connect to ${job.dest}`);
  const { domain, machine } = source.running(job.uuid);
  if (machine !== begun) throw new Refused('REFUSED', 'the guest that was to move has ended, another was started');
  const definition = { ...(job.options.definition ?? liveDefinition(domain, datacenter.now(), datacenter.durations)) };
  if (isTaken(dest, definition)) throw new Refused('REFUSED', `${dest.name} has such a domain already`);
  refuseMissingDevices(dest, definition);
  const arriving = newDomain(definition, false, domain.foreign);
  arriving.job = { id: job.id, direction: 'IN' };
  arriving.machine = structuredClone(machine);
  pause(arriving.machine, datacenter.now());
  setState(arriving, 'PAUSED', 'MIGRATING');
  dest.domains.set(job.uuid, arriving);
  datacenter.homes.set(arriving.machine, { host: dest, domain: arriving });
  dest.emit({ type: 'LIFECYCLE', uuid: job.uuid, event: 'STARTED', detail: 'MIGRATED' });
  const { bandwidthMibPerS, maxDowntimeMs, autoConverge } = job.options;
  const linkMibPerS = Math.min(source.settings.linkMibPerS, dest.settings.linkMibPerS);
  const bytesPerS = (bandwidthMibPerS === 0 ? linkMibPerS : Math.min(bandwidthMibPerS, linkMibPerS)) * MIB;
  const storageBytes = domain.definition.disks
    .filter(({ target }) => job.options.copyDisks.includes(target))
    .reduce((sum, { path }) => sum + (source.volumeAt(path)?.volume.allocationKib ?? 0) * 1024, 0);
  job.transfer = newTransfer(machine.behaviour.usedKib * 1024, storageBytes, bytesPerS, maxDowntimeMs, autoConverge);
  job.phase = 'PERFORM';
  job.steppedAt = datacenter.now();
}

function jobOf(host: SimulatedHost, uuid: string): { job: MigrationJob | undefined; domain: Domain } {
  const domain = host.domain(uuid);
  const job = domain.job?.direction === 'OUT' ? host.datacenter.jobs.get(domain.job.id) : undefined;
  return { job, domain };
}

export function migrationProgress(host: SimulatedHost, uuid: string): MigrationProgress | undefined {
  const { job, domain } = jobOf(host, uuid);
  return job === undefined ? undefined : progress(host.datacenter, job, domain);
}

export function abortJob(host: SimulatedHost, uuid: string): void {
  const { job } = jobOf(host, uuid);
  if (job === undefined) throw new Refused('REFUSED', 'no job is active on the domain');
  if (job.phase !== 'PREPARE' && job.phase !== 'PERFORM') {
    throw new Refused('REFUSED', 'the job cannot be aborted any more');
  }
  job.abortAsked = true;
  host.datacenter.changed();
}

export function startPostcopy(host: SimulatedHost, uuid: string): void {
  const { job } = jobOf(host, uuid);
  if (job === undefined) throw new Refused('REFUSED', 'no job is active on the domain');
  if (!job.options.postcopy) throw new Refused('REFUSED', 'the migration was not started with post-copy');
  job.postcopyAsked = true;
  host.datacenter.changed();
}
