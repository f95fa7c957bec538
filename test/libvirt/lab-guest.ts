// A guest of the lab, made with nothing but the client under test.

import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import {
  type ConnectOptions,
  connectLibvirt,
  type DomainRef,
  type LibvirtConnection,
  parseLibvirtUri,
} from '../../src/libvirt/client.js';
import { lab, labDir, nextBeat } from '../lab.js';

const SOURCE = /<source file='[^']*'\/>/;
const DISK = /<disk [\s\S]*?<\/disk>/;

export interface LabGuest {
  readonly name: string;
  readonly uuid: string;
  readonly xml: string;
}

export const socketUri = (host: string, driver: 'qemu' | 'test' = 'qemu') =>
  parseLibvirtUri(`${driver}+unix://${labDir}/${host}/run/libvirt-sock`);

export const connectTo = (host: string, options?: ConnectOptions): Promise<LibvirtConnection> =>
  connectLibvirt(socketUri(host), options);

/** The XML of a guest of 128 of at most 192 MiB and 1 of at most 4 vCPUs; without a disk unless a path is given. */
export async function guestXml(name: string, disk?: string): Promise<LabGuest> {
  const uuid = randomUUID();
  const values: Record<string, string> = {
    vm_name: name,
    vm_uuid: uuid,
    max_memory: String(192 * 1024),
    current_memory: String(128 * 1024),
    max_cpu: '4',
    current_cpu: '1',
  };
  const base = (await lab('base-xml')).replaceAll(
    /vm_name|vm_uuid|max_memory|current_memory|max_cpu|current_cpu/g,
    (variable) => values[variable] ?? variable,
  );
  const xml = disk === undefined ? base.replace(DISK, '') : base.replace(SOURCE, `<source file='${disk}'/>`);
  return { name, uuid, xml };
}

/** An empty qcow2 volume in the pool that all hosts share; its path. */
export async function sharedDisk(host: LibvirtConnection, name: string): Promise<string> {
  const pool = await host.pools.lookup('shared');
  await host.volumes.create(
    pool,
    `<volume><name>${name}</name><capacity unit='MiB'>16</capacity><target><format type='qcow2'/></target></volume>`,
  );
  return join(labDir, 'shared', name);
}

/** Starts the guest and waits for its first heartbeat. */
export async function boot(hostname: string, host: LibvirtConnection, guest: LabGuest): Promise<DomainRef> {
  const domain = await host.domains.create(guest.xml);
  await nextBeat(hostname, guest.name);
  return domain;
}
