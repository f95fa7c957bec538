// The NoCloud seed: the disk from which cloud-init inside a guest learns at its first boot who it is.

import type { GuestSeed } from '../fleet/guest.js';
import { isoImage } from './iso9660.js';

/** What cloud-init looks for among the labels of all disks. */
const LABEL = 'cidata';
/** cloud-init takes a seed without user data for none. */
const NO_USER_DATA = '#cloud-config\n{}\n';

/** instanceId: cloud-init runs its first-boot work once for each. The same seed gives the same bytes. */
export function seedImage(seed: GuestSeed, instanceId: string): Buffer {
  return isoImage(LABEL, [
    { name: 'meta-data', content: Buffer.from(metaData(seed, instanceId)) },
    { name: 'user-data', content: Buffer.from(seed.userData === '' ? NO_USER_DATA : seed.userData) },
  ]);
}

/** YAML whose values are JSON strings, which are YAML as well and need no other escaping. */
function metaData({ guestHostname, sshAuthorizedKeys }: GuestSeed, instanceId: string): string {
  const lines = [`instance-id: ${JSON.stringify(instanceId)}`];
  if (guestHostname !== '') lines.push(`local-hostname: ${JSON.stringify(guestHostname)}`);
  if (sshAuthorizedKeys.length > 0) lines.push(`public-keys: ${JSON.stringify(sshAuthorizedKeys)}`);
  return `${lines.join('\n')}\n`;
}
