// Reads a domain XML as a base guest: the model that guests are made from.

import type { BaseGuest } from '../fleet/base-guest.js';
import { baseGuestViolations, nicSource } from './base-guest-rules.js';
import { type Checked, readRoot, violated } from './checked.js';
import { stripGuestsOwn } from './clean.js';
import type { XmlBounds } from './parse.js';
import { serialize } from './serialize.js';
import { attribute, child, childrenNamed, textOf, type XmlElement } from './tree.js';

export interface BaseGuestFacts extends Pick<BaseGuest, 'diskTargets' | 'nics' | 'machineType'> {
  /** The XML to keep: what was given, without what belonged to one guest (and without any disk's source). */
  readonly templateXml: string;
  /** qemu (emulated) or kvm. */
  readonly domainType: string;
  readonly arch: string;
  /** The domain's own name in the XML. */
  readonly domainName: string;
}

/**
 * Reads a domain XML, written by hand or by `virsh dumpxml` of a running guest. Where the XML would reach for something
 * of a host that a guest has no business with, that is a violation; all of them are listed.
 */
export function parseBaseGuest(source: string, bounds: XmlBounds): Checked<BaseGuestFacts> {
  const root = readRoot(source, 'domain', bounds);
  if (!root.ok) return root;
  const domain = root.value;
  stripGuestsOwn(domain);
  const violations = baseGuestViolations(domain);
  if (violations.length > 0) return violated(violations);
  const osType = child(domain, 'os', 'type');
  return {
    ok: true,
    value: {
      templateXml: serialize(domain),
      domainType: attribute(domain, 'type'),
      domainName: textOf(child(domain, 'name')),
      arch: attribute(osType, 'arch'),
      machineType: attribute(osType, 'machine'),
      diskTargets: disksOf(domain).map((disk) => attribute(child(disk, 'target'), 'dev')),
      nics: nicsOf(domain),
    },
  };
}

/** Hard disks only: drives for removable media come empty. */
function disksOf(domain: XmlElement): XmlElement[] {
  const devices = child(domain, 'devices');
  const disks = devices === undefined ? [] : childrenNamed(devices, 'disk');
  return disks.filter((disk) => ['', 'disk'].includes(attribute(disk, 'device')));
}

function nicsOf(domain: XmlElement): BaseGuestFacts['nics'] {
  const devices = child(domain, 'devices');
  return (devices === undefined ? [] : childrenNamed(devices, 'interface')).flatMap((nic) => {
    const type = attribute(nic, 'type');
    if (type !== 'network' && type !== 'bridge') return [];
    return [{ kind: type === 'network' ? ('NETWORK' as const) : ('BRIDGE' as const), source: nicSource(nic) }];
  });
}
