// A base image forgotten: no guest's disk may be an overlay of it. Its volume is removed by the caller, afterwards.

import { remove } from '../fleet/change.js';
import { accept, type Command, refuse } from '../fleet/decision.js';
import type { FleetView } from '../fleet/fleet.js';
import { refusal } from '../fleet/refusal.js';
import { type Image, imageKey } from '../fleet/storage.js';
import type { ImageTarget } from './add-image.js';

export function removeImage(request: ImageTarget): Command<Image> {
  return {
    name: 'RemoveImage',
    decide(fleet) {
      const key = imageKey(request.pool, request.hostname, request.name);
      const image = fleet.get('image', key);
      if (image === undefined) {
        const message = `there is no image ${request.name} in pool ${request.pool}`;
        return refuse(refusal('IMAGE_NOT_FOUND', message, { pool: request.pool, image: request.name }));
      }
      const vmid = userOf(fleet, image);
      if (vmid !== undefined) {
        const message = `a disk of guest ${vmid} is an overlay of image ${image.name} in pool ${image.pool}`;
        return refuse(refusal('IMAGE_IN_USE', message, { pool: image.pool, image: image.name, vmid }));
      }
      return accept(image, [remove('image', key, 'REMOVED')]);
    },
  };
}

/** A guest moving to the image's host needs it as well. */
function userOf(fleet: FleetView, image: Image): string | undefined {
  for (const guest of fleet.all('guest')) {
    if (!guest.disks.some((disk) => disk.pool === image.pool && disk.baseImage === image.name)) continue;
    const hosts = [guest.hostname, ...fleet.claimsOf(guest.vmid).map((claim) => claim.hostname)];
    if (image.hostname === '' || hosts.includes(image.hostname)) return guest.vmid;
  }
  return undefined;
}
