// ImportBaseGuest: the XML given, or that of a domain on a host, read as a model for new guests.

import type { ImportBaseGuestRequest } from '#gen/virtdc/v1/guest_info_service.js';
import { importBaseGuest } from '../commands/import-base-guest.js';
import type { BaseGuest } from '../fleet/base-guest.js';
import type { Command } from '../fleet/decision.js';
import { LIMITS } from '../limits.js';
import { parseBaseGuest } from '../xml/base-guest.js';
import type { Checked } from '../xml/checked.js';
import { Check, quoted } from './check.js';
import { driverOf, type RpcParts } from './parts.js';
import { statusError } from './status.js';

const TARGET = /^[a-z]{2,4}$/;

export async function importBaseGuestFrom(
  parts: RpcParts,
  request: ImportBaseGuestRequest,
): Promise<Command<BaseGuest>> {
  const check = new Check();
  const name = check.vmid('name', request.name);
  const { source } = request;
  if (source === undefined) check.add('source', 'one of xml and from_guest has to be given');
  if (source?.$case === 'fromGuest') {
    check.hostname('from_guest.hostname', source.value.hostname);
    check.text('from_guest.domain_name', source.value.domainName, LIMITS.maxDomainNameBytes);
  }
  const images = readImages(check, request.images);
  const expectedRevision = check.revision(request.revision);
  check.requestId(request.requestId);
  if (source?.$case !== 'xml') check.done();
  const xml = source?.$case === 'fromGuest' ? await xmlOf(parts, source.value) : (source?.value ?? '');
  const facts = readXml(check, 'xml', parseBaseGuest(xml, XML_BOUNDS));
  check.done();
  if (facts === undefined) throw new Error('unreachable');
  const { templateXml, diskTargets, nics, machineType } = facts;
  const { replace } = request;
  return importBaseGuest({ name, xml: templateXml, images, diskTargets, nics, machineType, replace, expectedRevision });
}

export const XML_BOUNDS = { maxTextBytes: LIMITS.maxTextBytes, maxXmlDepth: LIMITS.maxXmlDepth };

/** The value, or its violations collected under the field; a text that is too large is refused at once. */
export function readXml<T>(check: Check, field: string, read: Checked<T>): T | undefined {
  if (read.ok) return read.value;
  if (read.tooLarge) throw statusError('TOO_LARGE', `${field}: ${read.violations[0]?.description ?? 'too large'}`);
  check.addAll(read.violations.map((one) => ({ field: `${field}:${one.field}`, description: one.description })));
  return undefined;
}

function readImages(check: Check, images: { readonly [target: string]: string }): Record<string, string> {
  const entries = Object.entries(images);
  if (entries.length > LIMITS.maxLabels) check.add('images', `${entries.length} entries, at most ${LIMITS.maxLabels}`);
  for (const [target, image] of entries.slice(0, LIMITS.maxLabels)) {
    if (!TARGET.test(target)) check.add('images', `${quoted(target)} is no target device, such as vda`);
    check.volume(`images[${quoted(target)}]`, image);
  }
  return { ...images };
}

async function xmlOf(
  parts: RpcParts,
  { hostname, domainName }: { hostname: string; domainName: string },
): Promise<string> {
  const driver = driverOf(parts, parts.authority.fleet, hostname);
  const domain = (await driver.domains()).find((one) => one.domainName === domainName);
  if (domain === undefined) {
    throw statusError('DOMAIN_NOT_FOUND', `${hostname} has no domain ${quoted(domainName)}`, {
      metadata: { hostname, domain_name: domainName },
    });
  }
  return driver.domainXml(domain.uuid);
}
