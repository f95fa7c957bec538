// How a host is reached: the URI it was given, or the service's template filled in, and what its peers dial for a migration.

import { isIP, isIPv6 } from 'node:net';
import { InvalidUriError, parseLibvirtUri } from '../libvirt/client.js';
import { type Check, quoted } from './check.js';

export interface UriRules {
  /** VIRTDC_LIBVIRT_URI, with {address} and {hostname}. */
  readonly template: string;
  readonly insecureTransports: boolean;
}

const SIM = /^sim:\/\/[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** A violation where the URI is not of the grammar, or its transport is not allowed here. */
export function checkUri(check: Check, field: string, uri: string, rules: UriRules): void {
  if (SIM.test(uri)) return;
  try {
    const { driver, transport } = parseLibvirtUri(uri);
    if (!rules.insecureTransports && (transport === 'tcp' || driver === 'test')) {
      check.add(field, `${driver}+${transport} needs VIRTDC_INSECURE_TRANSPORTS=1`);
    }
  } catch (error) {
    if (!(error instanceof InvalidUriError)) throw error;
    check.add(field, `${quoted(uri)}: ${error.message}`);
  }
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
