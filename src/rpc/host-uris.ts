// How a host is reached: the URI it was given, or the service's template filled in, and what its peers dial for a migration.

import { isIP, isIPv6 } from 'node:net';
import { type Check, quoted } from './check.js';

export interface UriRules {
  /** VIRTDC_LIBVIRT_URI, with {address} and {hostname}. */
  readonly template: string;
  /** Why no host can be reached by a URI, if none can. */
  readonly problem: (uri: string) => string | undefined;
}

/** A violation where the URI is not of the grammar, or its transport is not allowed here. */
export function checkUri(check: Check, field: string, uri: string, rules: UriRules): void {
  const problem = rules.problem(uri);
  if (problem !== undefined) check.add(field, `${quoted(uri)}: ${problem}`);
}

/** Empty, or an IP address. */
export function checkAddress(check: Check, field: string, address: string): void {
  if (address !== '' && isIP(address) === 0) check.add(field, `${quoted(address)} is no IPv4 or IPv6 address`);
}

export function filledIn(template: string, hostname: string, ipAddress: string): string {
  const address = isIPv6(ipAddress) ? `[${ipAddress}]` : ipAddress === '' ? hostname : ipAddress;
  return template.replaceAll('{address}', address).replaceAll('{hostname}', hostname);
}

/** From the address, by the transport the host itself is reached by; sockets of this machine are of no use to peers. */
export function migrationUriOf(uri: string, hostname: string, ipAddress: string): string {
  if (uri.startsWith('sim://')) return uri;
  const address = isIPv6(ipAddress) ? `[${ipAddress}]` : ipAddress === '' ? hostname : ipAddress;
  if (uri.startsWith('qemu+ssh://') || uri.startsWith('qemu+tcp://')) return uri;
  return `qemu+tls://${address}/system`;
}
