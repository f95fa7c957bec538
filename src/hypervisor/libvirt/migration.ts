// Live migration, peer to peer: the source's libvirtd dials the target's and drives it; this process only asks for it,
// watches and aborts. Never with VIR_MIGRATE_UNSAFE.

import {
  JobOperation,
  JobType,
  type CallOptions as LibvirtCallOptions,
  type LibvirtCalls,
  type LibvirtUri,
  libvirtSyntax,
  MigrateFlag,
  stringParam,
  type TypedParam,
  ullongParam,
  XmlFlag,
} from '../../libvirt/client.js';
import {
  type HostAddress,
  type HostDriver,
  HypervisorError,
  type MigrateOptions,
  type MigrationProgress,
} from '../../ports/hypervisor.js';
import { retargetDomain } from '../../xml/domain.js';
import { isNoJob, orElse, translated } from './errors.js';
import type { LibvirtOptions } from './options.js';
import { progressOf } from './progress.js';
import { type Session, usableUri } from './session.js';

type Migration = Pick<
  HostDriver,
  'migrate' | 'migrationProgress' | 'completedMigration' | 'abortJob' | 'startPostcopy'
>;

export function migrationMethods(session: Session, adapter: LibvirtOptions): Migration {
  return {
    async migrate(uuid, dest, options, signal) {
      const { hostname } = session.address;
      const target = migrationTarget(session.address, dest, adapter);
      // Apart from the connection that other calls go over, which may be given up and made anew meanwhile.
      const connection = await session.connectSeparately({ signal });
      try {
        const sent = { signal };
        const params = [...target.params, ...(await migrateParams(connection, uuid, options, sent))];
        const { maxDowntimeMs } = options;
        if (maxDowntimeMs > 0) await connection.migrations.setMaxDowntime(uuid, BigInt(maxDowntimeMs), sent);
        await connection.migrations.perform(uuid, target.uri, params, migrateFlags(options), sent);
      } catch (error) {
        throw translated(error, hostname);
      } finally {
        connection.close();
      }
    },
    migrationProgress(uuid, options) {
      return session.call(async (calls, sent): Promise<MigrationProgress | undefined> => {
        const job = await orElse(calls.migrations.jobStats(uuid, false, sent), isNoJob, undefined);
        const out = job !== undefined && job.params.number('operation') === JobOperation.MIGRATION_OUT;
        return out && job.type !== JobType.NONE ? progressOf(job.params) : undefined;
      }, options);
    },
    completedMigration(uuid, options) {
      return session.call(async (calls, sent): Promise<MigrationProgress | undefined> => {
        const job = await orElse(calls.migrations.jobStats(uuid, true, sent), isNoJob, undefined);
        return job?.type === JobType.COMPLETED ? progressOf(job.params) : undefined;
      }, options);
    },
    abortJob(uuid, options) {
      return session.call((calls, sent) => calls.migrations.abortJob(uuid, sent), options);
    },
    startPostcopy(uuid, options) {
      return session.call((calls, sent) => calls.migrations.startPostCopy(uuid, sent), options);
    },
  };
}

/** Flags of every migration of virtdc's; a soft error of the guest's disks ends it rather than going along. */
export const MIGRATE_FLAGS = MigrateFlag.LIVE | MigrateFlag.PEER2PEER | MigrateFlag.ABORT_ON_ERROR;

function migrateFlags(options: MigrateOptions): number {
  const chosen: readonly (readonly [boolean, number])[] = [
    [options.autoConverge, MigrateFlag.AUTO_CONVERGE],
    [options.postcopy, MigrateFlag.POSTCOPY],
    [options.arrivePaused, MigrateFlag.PAUSED],
    [options.persistent, MigrateFlag.PERSIST_DEST | MigrateFlag.UNDEFINE_SOURCE],
    [options.copyDisks.length > 0, MigrateFlag.NON_SHARED_INC],
  ];
  return chosen.reduce((flags, [wanted, flag]) => (wanted ? flags | flag : flags), MIGRATE_FLAGS);
}

async function migrateParams(
  calls: LibvirtCalls,
  uuid: string,
  options: MigrateOptions,
  sent: LibvirtCallOptions,
): Promise<TypedParam[]> {
  const params = options.copyDisks.map((target) => stringParam('migrate_disks', target));
  if (options.bandwidthMibPerS > 0) params.push(ullongParam('bandwidth', BigInt(options.bandwidthMibPerS)));
  const { definition } = options;
  if (definition === undefined) return params;
  const live = await calls.domains.xml(uuid, XmlFlag.MIGRATABLE | XmlFlag.SECURE, sent);
  params.push(stringParam('destination_xml', retargetDomain(live, definition)));
  if (options.persistent) {
    const kept = await calls.domains.xml(uuid, XmlFlag.INACTIVE | XmlFlag.SECURE, sent);
    params.push(stringParam('persistent_xml', retargetDomain(kept, definition)));
  }
  return params;
}

export interface MigrationTarget {
  /** What the source's libvirtd dials, in libvirt's own syntax. */
  readonly uri: string;
  readonly params: readonly TypedParam[];
}

/** Where the source's libvirtd finds the target's, and its QEMU the target's: at the same address. */
export function migrationTarget(source: HostAddress, dest: HostAddress, adapter: LibvirtOptions): MigrationTarget {
  const uri: LibvirtUri = usableUri(source.hostname, dest.migrationUri, adapter);
  if (uri.transport === 'unix') {
    const message = `${dest.hostname} has a migration URI that only it can dial itself: ${dest.migrationUri}`;
    throw new HypervisorError('UNSUPPORTED', source.hostname, message);
  }
  const host = uri.host.includes(':') ? `[${uri.host}]` : uri.host;
  return { uri: libvirtSyntax(uri), params: [stringParam('migrate_uri', `tcp://${host}`)] };
}
