// PushImage: a base image recorded once it lies in its pool. Whether it may go there is asked before the upload, too.

import { put } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import { type Image, imageKey } from '../fleet/storage.js';
import { LIMITS } from '../limits.js';
import { findPool, missingHosts } from './preconditions.js';
import { Violations } from './violations.js';

export interface ImageTarget {
  readonly pool: string;
  /** The host of a LOCAL pool; empty for a SHARED one. */
  readonly hostname: string;
  readonly name: string;
}

export interface AddImageRequest extends ImageTarget {
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
  readonly virtualKib: number;
  readonly sha256: string;
}

export function addImage(request: AddImageRequest): Command<Image> {
  return {
    name: 'PushImage',
    decide(fleet) {
      const known = fleet.get('image', imageKey(request.pool, request.hostname, request.name));
      if (known?.sha256 === request.sha256) return accept(known, []);
      const refused = violationsOf(request) ?? imageRefusal(fleet, request);
      if (refused !== undefined) return refuse(refused);
      const image: Image = { ...request, revision: 0 };
      return accept(image, [put('image', image)]);
    },
  };
}

/** What forbids an image in that place, whatever it contains. */
export function imageRefusal(fleet: FleetView, target: ImageTarget): Refusal | undefined {
  const pool = findPool(fleet, target.pool);
  if (isRefusal(pool)) return pool;
  const violations = new Violations();
  if (target.name === '') violations.add('name', 'has to be given');
  if (pool.kind === 'SHARED' && target.hostname !== '') {
    violations.add('hostname', `pool ${pool.name} is SHARED: an image in it belongs to no host`);
  }
  if (pool.kind === 'LOCAL' && target.hostname === '') {
    violations.add('hostname', `pool ${pool.name} is LOCAL: the image's host has to be named`);
  } else if (pool.kind === 'LOCAL' && !pool.hosts.includes(target.hostname)) {
    return missingHosts(fleet, [target.hostname]) ?? notOfPool(pool.name, target.hostname);
  }
  return violations.refusal() ?? existing(fleet, target);
}

function notOfPool(pool: string, hostname: string): Refusal {
  return refusal('POOL_NOT_FOUND', `host ${hostname} has no pool ${pool}`, { pool, hostname });
}

function existing(fleet: FleetView, { pool, hostname, name }: ImageTarget): Refusal | undefined {
  if (fleet.get('image', imageKey(pool, hostname, name)) === undefined) return undefined;
  return refusal('IMAGE_EXISTS', `there is an image ${name} in pool ${pool} already`, { pool, hostname, image: name });
}

function violationsOf(request: AddImageRequest): Refusal | undefined {
  const violations = new Violations();
  violations.whole('size_bytes', request.sizeBytes, 1, LIMITS.maxImageBytes);
  violations.whole('virtual_kib', request.virtualKib, 1, LIMITS.maxKib);
  if (!/^[0-9a-f]{64}$/.test(request.sha256)) violations.add('sha256', 'is no SHA-256 in lower-case hexadecimal');
  return violations.refusal();
}
