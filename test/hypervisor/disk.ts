// A disk for the small guests of the hypervisor suites.

import type { GuestDisk } from '../../src/fleet/guest.js';
import type { HostDriver } from '../../src/ports/hypervisor.js';

export const DISK_KIB = 64 * 1024;

/** Makes an overlay of a base image for a guest's vda. */
export async function makeDisk(host: HostDriver, pool: string, volume: string, baseImage: string): Promise<GuestDisk> {
  const { path } = await host.createVolume(pool, volume, DISK_KIB, baseImage);
  return {
    target: 'vda',
    pool,
    volume,
    path,
    format: 'qcow2',
    baseImage,
    capacityKib: DISK_KIB,
    role: 'DISK',
    madeByVirtdc: true,
  };
}
