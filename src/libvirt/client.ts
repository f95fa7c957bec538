// The libvirt client as the program sees it: `connectLibvirt` for one connection, `superviseLibvirt` for one that comes
// back by itself, and the typed calls of both.
//
//   const host = await connectLibvirt(parseLibvirtUri('qemu+unix:///run/libvirt/libvirt-sock'));
//   const domains = await host.domains.list();
//   const { state } = await host.domains.state(uuid, { deadlineMs: 2_000 });
//
// Units are in the names (Kib, Bytes, Ms, S). 64-bit integers are bigint, all others number. Every call takes CallOptions
// last and rejects with a LibvirtError (the daemon's answer: see the predicates in errors.ts) or an UnansweredError, whose
// `outcome` NOT_SENT or UNKNOWN says whether the request may have taken effect.

import type { Caller } from './caller.js';
import { type DomainCalls, domainCalls } from './calls/domains.js';
import { type HostCalls, hostCalls } from './calls/host.js';
import { type InterfaceCalls, interfaceCalls } from './calls/interfaces.js';
import { type MigrationCalls, migrationCalls } from './calls/migrations.js';
import { type NetworkCalls, networkCalls } from './calls/networks.js';
import { type PoolCalls, poolCalls, type VolumeCalls, volumeCalls } from './calls/storage.js';
import type { CloseReason } from './errors.js';
import { type ConnectOptions, openConnection } from './open.js';
import { type LibvirtLink, type SuperviseOptions, supervise } from './reconnect.js';
import type { LibvirtUri } from './uri.js';

export type { Caller, CallOptions, StreamOptions } from './caller.js';
export type { BlockInfo, DomainCalls, DomainInfo, DomainStateInfo, DomainStats } from './calls/domains.js';
export type { HostCalls, HypervisorChoice, NodeInfo } from './calls/host.js';
export type { InterfaceCalls } from './calls/interfaces.js';
export type { JobInfo, JobStats, MigrationCalls } from './calls/migrations.js';
export type { NetworkCalls } from './calls/networks.js';
export type { ByteRange, PoolCalls, PoolInfo, VolumeCalls, VolumeInfo } from './calls/storage.js';
export * from './constants.js';
export { ErrorCode } from './error-code.js';
export * from './errors.js';
export { type DomainEvent, type EventKind, eventKinds } from './events.js';
export {
  type ConnectionLimits,
  defaultConnectionLimits,
  defaultReconnectLimits,
  type ReconnectLimits,
} from './limits.js';
export type { ConnectOptions } from './open.js';
export type { LibvirtLink, LinkState, SuperviseOptions } from './reconnect.js';
export type { SshCredentials } from './transports/ssh.js';
export * from './typed-params.js';
export {
  driverUri,
  formatLibvirtUri,
  InvalidUriError,
  isSecure,
  type LibvirtUri,
  libvirtSyntax,
  parseLibvirtUri,
  URI_FORMS,
} from './uri.js';
export type { DomainInterface, DomainRef, InterfaceRef, NetworkRef, PoolRef, VolumeRef } from './wire.js';

/** Every call virtdc makes, by subject. */
export interface LibvirtCalls {
  readonly host: HostCalls;
  readonly domains: DomainCalls;
  readonly migrations: MigrationCalls;
  readonly pools: PoolCalls;
  readonly volumes: VolumeCalls;
  readonly networks: NetworkCalls;
  readonly interfaces: InterfaceCalls;
}

/** The typed calls over whatever carries them. */
export function libvirtCalls(caller: Caller): LibvirtCalls {
  return {
    host: hostCalls(caller),
    domains: domainCalls(caller),
    migrations: migrationCalls(caller),
    pools: poolCalls(caller),
    volumes: volumeCalls(caller),
    networks: networkCalls(caller),
    interfaces: interfaceCalls(caller),
  };
}

/** One connection. Once it has ended every call rejects with ConnectionClosedError. */
export interface LibvirtConnection extends LibvirtCalls {
  /** Resolves when the connection has ended, and why. Never rejects. */
  readonly closed: Promise<CloseReason>;
  /** Ends it at once. Calls without an answer reject; the daemon goes on with those it has received. */
  close(): void;
}

/** Connects within connectDeadlineMs (10 s). Rejects with ConnectFailedError, or LibvirtError where the daemon refuses. */
export async function connectLibvirt(uri: LibvirtUri, options?: ConnectOptions): Promise<LibvirtConnection> {
  const connection = await openConnection(uri, options);
  return { ...libvirtCalls(connection), closed: connection.closed, close: () => connection.close() };
}

/** A connection that is made again whenever it ends, until it is closed. Calls reject at once while there is none. */
export interface SupervisedLibvirt extends LibvirtCalls, LibvirtLink {}

/** Starts connecting and returns at once; `connected()` waits for it. */
export function superviseLibvirt(uri: LibvirtUri, options: SuperviseOptions): SupervisedLibvirt {
  const { caller, link } = supervise(uri, options);
  return { ...libvirtCalls(caller), ...link };
}
