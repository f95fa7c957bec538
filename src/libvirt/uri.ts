// The URIs a host is reached by. A grammar of our own, much narrower than libvirt's: no query, no fragment, no escapes,
// nothing that names a command or a file to be run (libvirt's own URIs can do both).

import { isIPv4, isIPv6 } from 'node:net';

interface SocketUri {
  readonly driver: 'qemu' | 'test';
  readonly transport: 'unix';
  readonly socketPath: string;
}
interface NetworkUri {
  readonly driver: 'qemu';
  readonly transport: 'tcp' | 'tls';
  readonly host: string;
  readonly port: number;
}
interface SshUri {
  readonly driver: 'qemu';
  readonly transport: 'ssh';
  readonly host: string;
  readonly port: number;
  /** Undefined: whatever OpenSSH's configuration says. */
  readonly user?: string;
}
export type LibvirtUri = SocketUri | NetworkUri | SshUri;

export class InvalidUriError extends Error {
  override readonly name = 'InvalidUriError';
}

export const URI_FORMS = [
  'qemu+unix:///absolute/path/of/socket',
  'test+unix:///absolute/path/of/socket',
  'qemu+tls://host[:port]/system',
  'qemu+ssh://[user@]host[:port]/system',
  'qemu+tcp://host[:port]/system',
] as const;

const DEFAULT_PORT = { tcp: 16509, tls: 16514, ssh: 22 } as const;
/** Longest path the kernel takes for a socket, in bytes. */
const SOCKET_PATH_BYTES = 107;
const HOST_CHARS = 253;

const LABEL = '[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?';
const HOST = `(?<host>${LABEL}(?:\\.${LABEL})*|\\[(?<ipv6>[0-9A-Fa-f:.]{2,45})\\])`;
const SOCKET = /^(?<driver>qemu|test)\+unix:\/\/(?<path>(?:\/[A-Za-z0-9._@+,:-]+)+)$/;
const NETWORK = new RegExp(`^qemu\\+(?<transport>tcp|tls)://${HOST}(?::(?<port>[0-9]{1,5}))?/system$`);
const SSH = new RegExp(
  `^qemu\\+ssh://(?:(?<user>[A-Za-z_][A-Za-z0-9_.-]{0,31})@)?${HOST}(?::(?<port>[0-9]{1,5}))?/system$`,
);

/** Parses a URI of one of the forms in URI_FORMS. Throws InvalidUriError, whose message does not repeat the input. */
export function parseLibvirtUri(text: string): LibvirtUri {
  const socket = SOCKET.exec(text)?.groups;
  if (socket)
    return {
      driver: socket.driver as SocketUri['driver'],
      transport: 'unix',
      socketPath: socketPath(socket.path ?? ''),
    };
  const network = NETWORK.exec(text)?.groups;
  if (network) {
    const transport = network.transport as NetworkUri['transport'];
    return { driver: 'qemu', transport, host: host(network), port: port(network.port, transport) };
  }
  const ssh = SSH.exec(text)?.groups;
  if (ssh) {
    const target = { driver: 'qemu', transport: 'ssh', host: host(ssh), port: port(ssh.port, 'ssh') } as const;
    return ssh.user === undefined ? target : { ...target, user: ssh.user };
  }
  throw new InvalidUriError(`not a libvirt URI of the forms ${URI_FORMS.join(', ')}`);
}

/** The URI in this grammar; parsing it again gives an equal value. */
export function formatLibvirtUri(uri: LibvirtUri): string {
  if (uri.transport === 'unix') return `${uri.driver}+unix://${uri.socketPath}`;
  const name = uri.host.includes(':') ? `[${uri.host}]` : uri.host;
  const user = uri.transport === 'ssh' && uri.user !== undefined ? `${uri.user}@` : '';
  const suffix = uri.port === DEFAULT_PORT[uri.transport] ? '' : `:${uri.port}`;
  return `qemu+${uri.transport}://${user}${name}${suffix}/system`;
}

/**
 * The URI as libvirt itself writes it, for a daemon that is to dial it (the destination of a peer-to-peer migration).
 * For a unix socket that needs a query; a daemon takes such a URI for its own host.
 */
export function libvirtSyntax(uri: LibvirtUri): string {
  if (uri.transport !== 'unix') return formatLibvirtUri(uri);
  return `${driverUri(uri)}?socket=${uri.socketPath}`;
}

/** What CONNECT_OPEN is given: the driver behind the daemon. */
export function driverUri({ driver }: LibvirtUri): string {
  return driver === 'qemu' ? 'qemu:///system' : 'test:///default';
}

/** True where nobody but root of this machine, or a verified peer, is at the other end. */
export function isSecure({ driver, transport }: LibvirtUri): boolean {
  return driver === 'qemu' && transport !== 'tcp';
}

function socketPath(path: string): string {
  if (Buffer.byteLength(path) > SOCKET_PATH_BYTES)
    throw new InvalidUriError(`a socket path of more than ${SOCKET_PATH_BYTES} bytes`);
  if (path.split('/').some((part) => part === '.' || part === '..'))
    throw new InvalidUriError('a socket path with "." or ".." in it');
  return path;
}

function host(groups: Record<string, string | undefined>): string {
  const name = groups.ipv6 ?? groups.host ?? '';
  if (groups.ipv6 !== undefined && !isIPv6(name)) throw new InvalidUriError('not an IPv6 address in the brackets');
  if (name.length > HOST_CHARS) throw new InvalidUriError(`a host name of more than ${HOST_CHARS} characters`);
  if (groups.ipv6 === undefined && /^[0-9.]+$/.test(name) && !isIPv4(name))
    throw new InvalidUriError('a host of digits that is no IPv4 address');
  return name;
}

function port(text: string | undefined, transport: keyof typeof DEFAULT_PORT): number {
  if (text === undefined) return DEFAULT_PORT[transport];
  const number = Number(text);
  if (number < 1 || number > 65_535) throw new InvalidUriError('a port outside 1 to 65535');
  return number;
}
