// The service in this process over the lab's real hosts, called through its own port as any client would. After each test
// the books are compared with what virsh and the guests themselves say.

import assert from 'node:assert/strict';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import { DiskFormat } from '#gen/virtdc/v1/image.js';
import type { GuestMigration } from '#gen/virtdc/v1/migration.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { AuditResponse } from '#gen/virtdc/v1/operations_service.js';
import type { SubmitGuestRequest } from '#gen/virtdc/v1/placement_service.js';
import { PoolKind } from '#gen/virtdc/v1/pool.js';
import { partsOf } from '../../src/cli/commands/images.js';
import { connect, type VirtdcClient } from '../../src/client/connect.js';
import { everyOf } from '../../src/client/pages.js';
import { waitForOperation } from '../../src/client/wait.js';
import { readConfig } from '../../src/config.js';
import { type RunningService, startService } from '../../src/service.js';
import { eventually } from '../eventually.js';
import { lab, nextBeat } from '../lab.js';
import { domainsOn, HOSTS, hostsOf, hostsThatKnow, volumesIn } from './witness.js';

const MIB = 1024;
const OVERHEAD_KIB = 128 * MIB;
/** Its own name is that of the base image of the guests that virsh makes in the tests: one is enough for both. */
const BASE_IMAGE = 'base.qcow2';
/** Longer than a look at the hosts takes to come round. */
const BOOKS_AGREE_WITHIN_MS = 30_000;

export type Way = 'tls' | 'tcp' | 'unix' | 'ssh';

const TEMPLATES: Record<Exclude<Way, 'unix'>, string> = {
  tls: 'qemu+tls://{address}/system',
  tcp: 'qemu+tcp://{address}/system',
  ssh: 'qemu+ssh://root@{address}/system',
};

export class Datacenter {
  private running: RunningService | undefined;
  private connected: VirtdcClient | undefined;

  private constructor(
    private readonly directory: string,
    private readonly env: Readonly<Record<string, string>>,
  ) {}

  /** A service that knows the lab's hosts and pools, has pushed the base image and can submit guests of `base`. */
  static async start(way: Way = 'tls'): Promise<Datacenter> {
    const env = {
      VIRTDC_LISTEN: '127.0.0.1:0',
      VIRTDC_HTTP_LISTEN: '127.0.0.1:0',
      VIRTDC_INSECURE_TRANSPORTS: way === 'tcp' ? '1' : '0',
      VIRTDC_LIBVIRT_URI: TEMPLATES[way === 'unix' ? 'tls' : way],
      VIRTDC_LIBVIRT_PKI_DIR: await lab('pki'),
      VIRTDC_SSH_KEY: await lab('ssh-key'),
      VIRTDC_SSH_KNOWN_HOSTS: await lab('known-hosts'),
    };
    const datacenter = new Datacenter(await mkdtemp(join(tmpdir(), 'virtdc-e2e-')), env);
    try {
      await datacenter.up();
      await datacenter.furnish(way);
    } catch (error) {
      await datacenter.end();
      throw error;
    }
    return datacenter;
  }

  get client(): VirtdcClient {
    assert.ok(this.connected, 'the service is not running');
    return this.connected;
  }

  async up(): Promise<void> {
    const config = readConfig({ ...this.env, VIRTDC_DATA_DIR: this.directory });
    const log = pino({ level: process.env.VIRTDC_TEST_LOG ?? 'silent' }, pino.destination({ dest: 2, sync: true }));
    this.running = await startService(config, log);
    this.connected = connect(`127.0.0.1:${this.running.grpcPort}`);
  }

  /** The service ends; its database, the hosts and their guests go on. */
  async down(): Promise<void> {
    this.connected?.close();
    this.connected = undefined;
    const { running } = this;
    this.running = undefined;
    await running?.stop();
  }

  async restart(): Promise<void> {
    await this.down();
    await this.up();
  }

  async end(): Promise<void> {
    await this.down();
    await rm(this.directory, { recursive: true });
  }

  private async furnish(way: Way): Promise<void> {
    const { hosts, guests, placement } = this.client;
    await hosts.importNodeInfo({ xml: await lab('nodeinfo', '3') });
    if (way === 'unix') {
      for (const hostname of HOSTS) await hosts.updateHost({ hostname, uri: await lab('uri', hostname, 'virtdc') });
    }
    if (way === 'ssh') {
      // The hosts have no keys for each other: among themselves they go by TLS.
      for (const hostname of HOSTS) {
        await hosts.updateHost({ hostname, migrationUri: `qemu+tls://${await lab('address', hostname)}/system` });
      }
    }
    await Promise.all(
      HOSTS.map((hostname) => this.whenHost(hostname, ({ condition }) => condition === 'HOST_CONDITION_READY')),
    );
    const hostnames = [...HOSTS];
    await hosts.registerPool({ name: 'shared', kind: PoolKind.SHARED, hostnames });
    await hosts.registerPool({ name: 'local', kind: PoolKind.LOCAL, hostnames });
    const file = await lab('base-image');
    const { size } = await stat(file);
    for (const pool of ['shared', 'local']) {
      const header = {
        pool,
        name: BASE_IMAGE,
        hostname: '',
        format: DiskFormat.QCOW2,
        sizeBytes: BigInt(size),
        sha256: '',
      };
      await hosts.pushImage(partsOf(file, header));
    }
    const xml = await lab('base-xml');
    await guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: xml }, images: { vda: BASE_IMAGE } });
    await placement.setClusterPolicy({ defaultPool: 'shared' });
  }

  async guest(vmid: string): Promise<Guest> {
    const { guest } = await this.client.guests.getGuest({ vmid });
    assert.ok(guest);
    return guest;
  }

  async host(hostname: string): Promise<Host> {
    const { host } = await this.client.hosts.getHost({ hostname });
    assert.ok(host);
    return host;
  }

  async whenHost(hostname: string, wanted: (host: Host) => boolean, withinMs = 30_000): Promise<Host> {
    return await eventually(
      `${hostname} is as wanted`,
      async () => {
        const host = await this.host(hostname);
        return wanted(host) ? host : undefined;
      },
      { withinMs },
    );
  }

  async whenGuest(vmid: string, wanted: (guest: Guest) => boolean, withinMs = 60_000): Promise<Guest> {
    return await eventually(
      `${vmid} is as wanted`,
      async () => {
        const guest = await this.guest(vmid);
        return wanted(guest) ? guest : undefined;
      },
      { withinMs },
    );
  }

  async ended(operation: Operation | undefined): Promise<Operation> {
    assert.ok(operation, 'no operation was answered');
    return await waitForOperation(this.client.operations, operation.name);
  }

  async succeeds(operation: Operation | undefined): Promise<Operation> {
    const last = await this.ended(operation);
    assert.equal(last.state, 'OPERATION_STATE_SUCCEEDED', JSON.stringify(last.error));
    return last;
  }

  /** 1 of at most 4 vCPUs, 128 of at most 256 MiB; answers once it beats. */
  async submit(vmid: string, more: Partial<SubmitGuestRequest> = {}): Promise<Guest> {
    await this.succeeds((await this.client.placement.submitGuest(submission(vmid, more))).operation);
    const guest = await this.guest(vmid);
    await nextBeat(guest.hostname, vmid);
    return guest;
  }

  async migrate(vmid: string, destHost = ''): Promise<Operation> {
    return await this.succeeds((await this.client.migration.migrateGuest({ vmid, destHost })).operation);
  }

  async migration(operation: Operation | undefined): Promise<GuestMigration> {
    const { migration } = await this.client.migration.getMigration({ operation: operation?.name ?? '' });
    assert.ok(migration);
    return migration;
  }

  /** Resolves once the migration has copied something; what it copies is little, so it is to be slow. */
  async whenMoving(operation: Operation | undefined): Promise<void> {
    await eventually(
      'the migration copies',
      async () => {
        const { state, progress } = await this.migration(operation);
        assert.equal(state, 'OPERATION_STATE_RUNNING');
        return (progress?.bytesProcessed ?? 0n) > 0n;
      },
      { withinMs: 30_000 },
    );
  }

  async terminate(vmid: string): Promise<void> {
    const { domainName } = await this.guest(vmid);
    await this.succeeds((await this.client.placement.terminateGuest({ vmid })).operation);
    assert.deepEqual(await hostsThatKnow(domainName), []);
  }

  async guests(): Promise<Guest[]> {
    return await everyOf(
      (pageToken) => this.client.guests.listGuests({ pageToken }),
      (page) => page.guests,
    );
  }

  /** What must hold whenever nothing is under way. */
  async holds(): Promise<void> {
    await this.auditAgrees();
    const guests = await this.guests();
    await Promise.all([...guests.map((guest) => runsOnce(guest)), claimsCover(guests), disksAreThose(guests)]);
    for (const hostname of HOSTS) sumsAreRight(await this.host(hostname), guests);
  }

  private async auditAgrees(): Promise<void> {
    let found: AuditResponse[] = [];
    const agrees = async (): Promise<boolean> => {
      found = [];
      for await (const answer of this.client.operations.audit({})) found.push(answer);
      return found.length === HOSTS.length && found.every(({ reached, findings }) => reached && findings.length === 0);
    };
    try {
      await eventually('the audit finds nothing', agrees, { withinMs: BOOKS_AGREE_WITHIN_MS, everyMs: 250 });
    } catch (error) {
      throw new Error(
        `${String(error)}: ${JSON.stringify(
          found.map(({ hostname, findings }) => [hostname, findings]),
          printable,
        )}`,
      );
    }
  }
}

export function submission(vmid: string, more: Partial<SubmitGuestRequest> = {}) {
  const sizes = {
    cpu: 1,
    maxCpu: 4,
    memoryKib: BigInt(128 * MIB),
    maxMemoryKib: BigInt(256 * MIB),
    ioKib: BigInt(64 * MIB),
  };
  return { vmid, baseGuest: 'base', pool: 'shared', ...sizes, ...more };
}

function printable(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}

/** Its domain is active on its host and on no other; and where it runs it beats. */
async function runsOnce({ vmid, domainName, hostname, state }: Guest): Promise<void> {
  const active = state === 'GUEST_STATE_RUNNING' || state === 'GUEST_STATE_PAUSED';
  assert.deepEqual(await hostsOf(domainName), active ? [hostname] : [], `where ${vmid} is active (${state})`);
  if (state === 'GUEST_STATE_RUNNING') await nextBeat(hostname, domainName);
}

/** Memory with the overhead of the policy's default: 128 MiB and 2 %. */
function withOverhead(memoryKib: number): number {
  return memoryKib + OVERHEAD_KIB + Math.ceil(memoryKib / 50);
}

async function claimsCover(guests: readonly Guest[]): Promise<void> {
  for (const host of HOSTS) {
    for (const domain of await domainsOn(host)) {
      const guest = guests.find(({ uuid }) => uuid === domain.uuid);
      if (guest === undefined) continue;
      const claims = guest.claims.filter(({ hostname }) => hostname === host);
      assert.equal(claims.length, 1, `claims of ${guest.vmid} on ${host}`);
      const [{ resources, retakeKib } = { resources: undefined, retakeKib: 0n }] = claims;
      assert.ok(resources);
      const memoryKib = Number(resources.memoryKib);
      assert.ok(
        resources.cpu >= domain.pluggedCpu,
        `${guest.vmid}: ${resources.cpu} vCPUs claimed, ${domain.pluggedCpu} plugged`,
      );
      assert.ok(
        memoryKib >= withOverhead(domain.balloonKib),
        `${guest.vmid}: ${memoryKib} KiB claimed, balloon ${domain.balloonKib}`,
      );
      assert.ok(
        memoryKib + Number(retakeKib) >= withOverhead(domain.maxMemoryKib),
        `${guest.vmid}: ${memoryKib} + ${retakeKib} KiB kept, it can take ${domain.maxMemoryKib}`,
      );
    }
  }
}

/** What is available is what may be sold less the claims and the greatest retake. */
function sumsAreRight(host: Host, guests: readonly Guest[]): void {
  const claims = guests.flatMap(({ claims: all }) => all.filter(({ hostname }) => hostname === host.hostname));
  const sum = (of: (claim: (typeof claims)[number]) => bigint): bigint =>
    claims.reduce((total, claim) => total + of(claim), 0n);
  const retakeKib = BigInt(Math.max(0, ...claims.map((claim) => Number(claim.retakeKib))));
  const claimed = {
    cpu: Number(sum(({ resources }) => BigInt(resources?.cpu ?? 0))),
    memoryKib: sum(({ resources }) => resources?.memoryKib ?? 0n) + retakeKib,
    ioKib: sum(({ resources }) => resources?.ioKib ?? 0n),
  };
  assert.deepEqual({ ...host.claimed }, claimed, `what is claimed on ${host.hostname}`);
  assert.equal(host.availCpu, host.maxCpu - claimed.cpu);
  assert.equal(host.availMemoryKib, host.maxMemoryKib - claimed.memoryKib);
  assert.equal(host.availIoKib, host.maxIoKib - claimed.ioKib);
}

/** Nothing lies in the pools but the base images and the guests' disks, and these do. */
async function disksAreThose(guests: readonly Guest[]): Promise<void> {
  const ours = (pool: string, host?: string): string[] =>
    guests
      .filter(({ hostname }) => host === undefined || hostname === host)
      .flatMap(({ disks }) =>
        disks.filter((disk) => disk.pool === pool && disk.madeByVirtdc).map(({ volume }) => volume),
      );
  const others = (volumes: readonly string[]): string[] =>
    volumes.filter((volume) => volume !== BASE_IMAGE && !volume.startsWith('alien-')).sort();
  assert.deepEqual(others(await volumesIn('shared', 'node1')), ours('shared').sort(), 'the shared pool');
  for (const host of HOSTS) {
    assert.deepEqual(others(await volumesIn('local', host)), ours('local', host).sort(), `the local pool of ${host}`);
  }
}
