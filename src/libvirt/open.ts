// From a URI to a connection that is ready for calls: dial, authenticate, open the driver, register for events. All of it
// under one deadline, and nothing left behind where it fails.
import { setMaxListeners } from 'node:events';
import type { Duplex } from 'node:stream';
import { RpcConnection } from './connection.js';
import { ConnectFailedError, ConnectionClosedError } from './errors.js';
import { type DomainEvent, decodeEvent, type EventKind, eventId } from './events.js';
import { type ConnectionLimits, defaultConnectionLimits } from './limits.js';
import { procedures as p } from './procedures.js';
import { dialTcp, dialUnix } from './transports/socket.js';
import { dialSsh, type SshCredentials } from './transports/ssh.js';
import { dialTls } from './transports/tls.js';
import { driverUri, type LibvirtUri } from './uri.js';

export interface ConnectOptions {
  /** Bounds that differ from defaultConnectionLimits. */
  readonly limits?: Partial<ConnectionLimits>;
  /** Directory with cacert.pem, clientcert.pem and clientkey.pem; needed for tls. */
  readonly pkiDirectory?: string;
  /** Key and known hosts for ssh. */
  readonly ssh?: SshCredentials;
  /** Events to register for, of all domains. Default: none. */
  readonly events?: readonly EventKind[];
  /** Called for each event in the order the daemon sent them. It must not throw. */
  readonly onEvent?: (event: DomainEvent) => void;
  /**
   * Asked at the moment a call that changes something is written; where it says no the call is withheld, and fails with
   * CallWithheldError. Default: always.
   */
  readonly mayChange?: () => boolean;
  /** Gives the attempt up. Has no effect on a connection that is made. */
  readonly signal?: AbortSignal;
}

const AUTH_NONE = 0;
const AUTH_POLKIT = 2;
/** Asking for this feature has the daemon send keepalive pings of its own, and drop a client that does not answer them. */
const FEATURE_KEEPALIVE = 10;

/** Connects. Rejects with ConnectFailedError, or with LibvirtError where the daemon refuses to open the driver. */
export async function openConnection(uri: LibvirtUri, options: ConnectOptions = {}): Promise<RpcConnection> {
  const limits = { ...defaultConnectionLimits, ...options.limits };
  const attempt = new AbortController();
  // Every call of the opening listens to it, and most are sent together.
  setMaxListeners(0, attempt.signal);
  const abort = (): void =>
    attempt.abort(new ConnectFailedError('ABORTED', 'given up by the caller', undefined, options.signal?.reason));
  const timer = setTimeout(
    () => attempt.abort(new ConnectFailedError('DEADLINE', `not connected within ${limits.connectDeadlineMs} ms`)),
    limits.connectDeadlineMs,
  );
  if (options.signal?.aborted) abort();
  else options.signal?.addEventListener('abort', abort, { once: true });
  try {
    attempt.signal.throwIfAborted();
    const transport = await dial(uri, options, attempt.signal);
    return await open(transport, uri, limits, options, attempt.signal);
  } finally {
    clearTimeout(timer);
    options.signal?.removeEventListener('abort', abort);
  }
}

async function dial(uri: LibvirtUri, options: ConnectOptions, signal: AbortSignal): Promise<Duplex> {
  switch (uri.transport) {
    case 'unix':
      return dialUnix(uri.socketPath, signal);
    case 'tcp':
      return dialTcp(uri.host, uri.port, signal);
    case 'tls':
      if (options.pkiDirectory === undefined)
        throw new ConnectFailedError('CREDENTIALS', 'tls needs a PKI directory, none is set');
      return dialTls(uri.host, uri.port, options.pkiDirectory, signal);
    case 'ssh':
      return dialSsh(uri, options.ssh ?? {}, signal);
  }
}

async function open(
  transport: Duplex,
  uri: LibvirtUri,
  limits: ConnectionLimits,
  options: ConnectOptions,
  signal: AbortSignal,
): Promise<RpcConnection> {
  const connection = new RpcConnection(transport, limits, {
    onMessage(procedure, body) {
      const event = decodeEvent(procedure, body);
      if (event) options.onEvent?.(event);
    },
    ...(options.mayChange && { mayChange: options.mayChange }),
  });
  try {
    const once = { signal, deadlineMs: null };
    await authenticate(connection, once);
    await connection.call(p.CONNECT_OPEN, { name: driverUri(uri), flags: 0 }, once);
    // Sent together, as a fleet that comes back makes thousands of connections.
    await Promise.all([
      connection.call(p.CONNECT_SUPPORTS_FEATURE, { feature: FEATURE_KEEPALIVE }, once),
      ...(options.events ?? []).map((kind) =>
        connection.call(p.CONNECT_DOMAIN_EVENT_CALLBACK_REGISTER_ANY, { eventId: eventId(kind), dom: null }, once),
      ),
    ]);
    return connection;
  } catch (error) {
    connection.close();
    throw signal.aborted ? signal.reason : connectFailure(error);
  }
}

async function authenticate(
  connection: RpcConnection,
  options: { signal: AbortSignal; deadlineMs: null },
): Promise<void> {
  const { types } = await connection.call(p.AUTH_LIST, {}, options);
  if (types.length === 0 || types.includes(AUTH_NONE)) return;
  if (!types.includes(AUTH_POLKIT))
    throw new ConnectFailedError('AUTHENTICATION', 'the daemon wants a password (SASL), which is not supported');
  await connection.call(p.AUTH_POLKIT, {}, options);
}

function connectFailure(error: unknown): unknown {
  if (!(error instanceof ConnectionClosedError)) return error;
  const { message, cause } = error.reason;
  if (cause instanceof ConnectFailedError) return cause;
  return new ConnectFailedError('CLOSED', message, undefined, error);
}
