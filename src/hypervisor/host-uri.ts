// Which URIs a host may have: what its adapter would say of one, without reaching for the host.

import { InvalidUriError, isSecure, parseLibvirtUri } from '../libvirt/client.js';

const SIM = /^sim:\/\/[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?$/;

/** Why no host can be reached by the URI, as a phrase that does not repeat it; undefined if one can. */
export function hostUriProblem(uri: string, insecureTransports: boolean): string | undefined {
  if (SIM.test(uri)) return undefined;
  try {
    const parsed = parseLibvirtUri(uri);
    if (insecureTransports || isSecure(parsed)) return undefined;
    return `${parsed.driver}+${parsed.transport} needs VIRTDC_INSECURE_TRANSPORTS=1`;
  } catch (error) {
    if (!(error instanceof InvalidUriError)) throw error;
    return error.message;
  }
}
