// How a host is reached: the URI it was given, or the service's template filled in, and what its peers dial for a migration.

import { isIP } from 'node:net';
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
