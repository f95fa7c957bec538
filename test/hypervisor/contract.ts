// What every hypervisor adapter has to do, whatever is behind it: one suite, run against each of them. It needs two hosts
// that can migrate to each other, and makes two small guests, one after the other.

import { randomUUID } from 'node:crypto';
import type { Context } from 'mocha';
import type { GuestDisk } from '../../src/fleet/guest.js';
import type { GuestDefinition, HostAddress, HostDriver, Hypervisor } from '../../src/ports/hypervisor.js';
import { makeDisk } from './disk.js';
import { EventLog } from './event-log.js';
import { faultContract } from './fault-contract.js';
import { guestContract } from './guest-contract.js';
import { hostContract } from './host-contract.js';
import { migrationContract } from './migration-contract.js';
import { persistentContract } from './persistent-contract.js';

export interface ContractSetup {
  readonly hypervisor: Hypervisor;
  /** Two hosts that can migrate to each other. */
  readonly hosts: readonly [HostAddress, HostAddress];
  /** Nobody answers there. */
  readonly dead: HostAddress;
  /** Pools that both hosts have. */
  readonly pools: { readonly local: string; readonly shared: string };
  /** A base image for the guests' disks. */
  readonly image: ContractImage;
  /**
   * A small guest with 1 of at least 4 vCPUs, whose current memory is below its maximum, with an agent, and with the disk
   * as its vda.
   */
  guest(vmid: string, uuid: string, disks: readonly GuestDisk[]): GuestDefinition;
  /** The least memory that the guest lives on, KiB. */
  readonly leastMemoryKib: number;
  readonly bootsWithinMs: number;
  /** MiB/s at which a migration of the guest takes some seconds. */
  readonly slowMibPerS: number;
  /** Whether the guest has an address that its host can tell. */
  readonly hasAddress: boolean;
  freeze(host: HostAddress): Promise<void>;
  thaw(host: HostAddress): Promise<void>;
  killDaemon(host: HostAddress): Promise<void>;
  startDaemon(host: HostAddress): Promise<void>;
  end(): Promise<void>;
}

export interface ContractImage {
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
  content(): AsyncIterable<Uint8Array>;
}

/** What the parts of the suite share. */
export interface Contract extends ContractSetup {
  readonly a: HostDriver;
  readonly b: HostDriver;
  readonly heardA: EventLog;
  readonly heardB: EventLog;
  /** Volumes of this run are named apart from those of other ones. */
  readonly run: string;
  readonly base: string;
  /** The guest that most of the suite works with: transient, on the shared pool; starts on a, and is there between tests. */
  readonly shared: GuestDefinition;
}

const IMAGE_UPLOAD_MS = 60_000;

/** `setup` runs as a before hook: it may skip the suite. */
export function hypervisorContract(name: string, setup: (this: Context) => Promise<ContractSetup>): void {
  describe(`${name} as a hypervisor`, function () {
    this.timeout(60_000);
    let contract: Contract | undefined;
    const stop = new AbortController();
    const get = (): Contract => {
      if (contract === undefined) throw new Error('the suite was not set up');
      return contract;
    };

    before(async function () {
      this.timeout(300_000);
      contract = await begin(await setup.call(this), stop.signal);
    });

    hostContract(get);
    guestContract(get);
    migrationContract(get);
    faultContract(get);
    persistentContract(get);

    after(async function () {
      this.timeout(60_000);
      if (contract === undefined) return;
      stop.abort();
      await clear(contract);
      await contract.hypervisor.close();
      await contract.end();
    });
  });
}

async function begin(setup: ContractSetup, signal: AbortSignal): Promise<Contract> {
  const a = setup.hypervisor.host(setup.hosts[0]);
  const b = setup.hypervisor.host(setup.hosts[1]);
  const heardA = new EventLog();
  const heardB = new EventLog();
  a.listen(heardA, signal);
  b.listen(heardB, signal);
  const run = randomUUID().slice(0, 8);
  const base = `base-${run}`;
  const { format, sizeBytes } = setup.image;
  await a.uploadVolume(setup.pools.shared, base, format, sizeBytes, setup.image.content(), {
    deadlineMs: IMAGE_UPLOAD_MS,
  });
  const uuid = randomUUID();
  const disk = await makeDisk(a, setup.pools.shared, `disk-${run}`, base);
  const shared = setup.guest(`g-${run}`, uuid, [disk]);
  return { ...setup, a, b, heardA, heardB, run, base, shared };
}

/** Removes whatever a failed test has left. */
async function clear({ a, b, pools, run }: Contract): Promise<void> {
  for (const host of [a, b]) {
    for (const domain of await host.domains()) {
      if (!domain.domainName.endsWith(run)) continue;
      if (domain.state !== 'SHUTOFF') await host.destroy(domain.uuid);
      if (domain.persistent) await host.undefine(domain.uuid);
    }
  }
  for (const host of [a, b]) {
    for (const pool of [pools.shared, pools.local]) {
      for (const name of ['disk', 'local', 'seed', 'empty', 'partial', 'base']) {
        if ((await host.volume(pool, `${name}-${run}`)) !== undefined) await host.deleteVolume(pool, `${name}-${run}`);
      }
    }
  }
}
