// Disks that virtdc makes for a guest and removes with it: overlays of base images, and the seed of cloud-init.

import type { Guest, GuestDisk } from '../fleet/guest.js';
import { type HostDriver, HypervisorError } from '../ports/hypervisor.js';

/** Makes what is missing of the guest's own disks on the host; answers all its disks with their paths there. */
export async function makeDisks(
  driver: HostDriver,
  guest: Guest,
  which: (disk: GuestDisk) => boolean,
): Promise<GuestDisk[]> {
  const disks: GuestDisk[] = [];
  for (const disk of guest.disks)
    disks.push(disk.madeByVirtdc && which(disk) ? await makeDisk(driver, guest, disk) : disk);
  return disks;
}

export async function makeDisk(driver: HostDriver, guest: Guest, disk: GuestDisk): Promise<GuestDisk> {
  const { pool, volume, capacityKib, baseImage } = disk;
  // Names of volumes hold the guest's UUID, so one that is there already is ours, made before an interruption.
  const present = await driver.volume(pool, volume);
  if (present !== undefined) return { ...disk, path: present.path };
  const made =
    disk.role === 'SEED' && guest.seed !== undefined
      ? await driver.createSeed(pool, volume, guest.seed, guest.uuid)
      : await driver.createVolume(pool, volume, capacityKib, baseImage);
  return { ...disk, path: made.path };
}

/** Removes the guest's own disks from the host; those that are not there are removed already. */
export async function removeDisks(
  driver: HostDriver,
  guest: Guest,
  which: (disk: GuestDisk) => boolean,
): Promise<void> {
  for (const disk of guest.disks) {
    if (!disk.madeByVirtdc || !which(disk)) continue;
    try {
      await driver.deleteVolume(disk.pool, disk.volume);
    } catch (error) {
      if (!(error instanceof HypervisorError && error.kind === 'NO_VOLUME')) throw error;
    }
  }
}

export const everyDisk = (): boolean => true;
