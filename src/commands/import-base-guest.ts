// ImportBaseGuest: a model that guests are made from. Its XML is kept as it came, under its digest; what it needs of a host
// was read from it by the caller.

import { createHash } from 'node:crypto';
import type { BaseGuest, Template } from '../fleet/base-guest.js';
import { put, remove } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { type Refusal, refusal } from '../fleet/refusal.js';
import { LIMITS } from '../limits.js';
import { staleRevision } from './preconditions.js';
import { Violations } from './violations.js';

export interface ImportBaseGuestRequest {
  readonly name: string;
  readonly xml: string;
  /** Base image of each disk, by target device; a disk without one starts empty. */
  readonly images: Readonly<Record<string, string>>;
  readonly diskTargets: readonly string[];
  readonly nics: BaseGuest['nics'];
  readonly machineType: string;
  /** A base guest of that name is replaced; guests made from it stay as they are. */
  readonly replace: boolean;
  /** Revision that the one to be replaced must still be at; 0: whichever. */
  readonly expectedRevision: number;
}

export function importBaseGuest(request: ImportBaseGuestRequest): Command<BaseGuest> {
  return {
    name: 'ImportBaseGuest',
    decide(fleet, context) {
      const invalid = violationsOf(request);
      if (invalid !== undefined) return refuse(invalid);
      const { name, xml, images, diskTargets, nics, machineType } = request;
      const template = createHash('sha256').update(xml).digest('hex');
      const known = fleet.get('baseGuest', name);
      if (known !== undefined && sameModel(known, template, images)) return accept(known, []);
      const refused = known === undefined ? undefined : replacing(known, request);
      if (refused !== undefined) return refuse(refused);
      const createdAt = context.now;
      const base: BaseGuest = { name, template, images, diskTargets, nics, machineType, createdAt, revision: 0 };
      const text: Template = { key: template, xml, revision: 0 };
      const missing = fleet.get('template', template) === undefined ? [put('template', text)] : [];
      const dropped = known !== undefined && templateUnused(fleet, known.template, name) ? known.template : template;
      const unused = dropped === template ? [] : [remove('template', dropped, 'REMOVED')];
      return accept(base, [...missing, put('baseGuest', base), ...unused]);
    },
  };
}

/** Whether no base guest but the named one, and no guest, is made from the template. */
export function templateUnused(fleet: FleetView, template: string, exceptBase: string): boolean {
  for (const base of fleet.all('baseGuest')) if (base.template === template && base.name !== exceptBase) return false;
  for (const guest of fleet.all('guest')) if (guest.template === template) return false;
  return true;
}

function sameModel(known: BaseGuest, template: string, images: Readonly<Record<string, string>>): boolean {
  const targets = new Set([...Object.keys(known.images), ...Object.keys(images)]);
  return known.template === template && [...targets].every((target) => known.images[target] === images[target]);
}

function replacing(known: BaseGuest, { name, replace, expectedRevision }: ImportBaseGuestRequest): Refusal | undefined {
  if (replace) return staleRevision(known, expectedRevision);
  return refusal('BASE_GUEST_EXISTS', `there is another base guest ${name} already`, { base_guest: name });
}

function violationsOf(request: ImportBaseGuestRequest): Refusal | undefined {
  const violations = new Violations();
  const bytes = Buffer.byteLength(request.xml);
  if (bytes > LIMITS.maxTextBytes) violations.add('xml', `${bytes} bytes, at most ${LIMITS.maxTextBytes}`);
  for (const [target, image] of Object.entries(request.images)) {
    if (!request.diskTargets.includes(target)) {
      violations.add(
        'images',
        `the XML has no disk ${target}, only ${request.diskTargets.join(', ') || 'none at all'}`,
      );
    }
    if (image === '') violations.add('images', `disk ${target}: the image has no name`);
  }
  return violations.refusal();
}
