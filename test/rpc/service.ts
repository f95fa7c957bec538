// A whole service in this process, over an inventory in memory and simulated hosts, called through its own port as any
// client would. It can be stopped in the middle of anything and started again on what it left behind.

import assert from 'node:assert/strict';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type LogFn, pino } from 'pino';
import type { Guest } from '#gen/virtdc/v1/guest.js';
import type { Host } from '#gen/virtdc/v1/host.js';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import type { AuditFinding } from '#gen/virtdc/v1/operations_service.js';
import type { SubmitGuestRequest } from '#gen/virtdc/v1/placement_service.js';
import { connect, type TlsOptions, type VirtdcClient } from '../../src/client/connect.js';
import { VirtdcError } from '../../src/client/error.js';
import { waitForOperation } from '../../src/client/wait.js';
import { type Config, readConfig } from '../../src/config.js';
import { hypervisorByScheme } from '../../src/hypervisor/hypervisor.js';
import { libvirtHypervisor } from '../../src/hypervisor/libvirt/hypervisor.js';
import { SimulatedDatacenter } from '../../src/hypervisor/simulated/datacenter.js';
import type { Durations, HostSettings } from '../../src/hypervisor/simulated/settings.js';
import { MemoryDatabase } from '../../src/inventory/memory.js';
import type { Clock } from '../../src/ports/clock.js';
import type { Inventory, InventoryErrorKind } from '../../src/ports/inventory.js';
import { type RunningService, type Surroundings, startService } from '../../src/service.js';
import { renderDomain } from '../../src/xml/domain.js';
import { eventually } from '../eventually.js';
import { fasterClock } from './faster-clock.js';

const TIMES = 10;
export const MIB = 1024;
export const GIB = 1024 * MIB;

export const BASE_XML = `<domain type='kvm'><name>vm_name</name><uuid>vm_uuid</uuid><memory unit='KiB'>max_memory</memory>
<currentMemory unit='KiB'>current_memory</currentMemory><vcpu current='current_cpu'>max_cpu</vcpu>
<os><type arch='x86_64' machine='q35'>hvm</type></os>
<devices><disk type='file' device='disk'><driver name='qemu' type='qcow2'/><target dev='vda' bus='virtio'/></disk>
<interface type='network'><source network='default'/><model type='virtio'/></interface>
<serial type='pty'/><console type='pty'/></devices></domain>`;

/** Durations that no test needs to wait for. */
const QUICK: Partial<Durations> = {
  startMs: 20,
  bootMs: 100,
  shutdownMs: 50,
  rebootMs: 50,
  hotplugMs: 20,
  switchoverMs: 20,
};

export interface WorldOptions {
  /** How many times faster than real time; default 10. */
  readonly times?: number;
  readonly durations?: Partial<Durations>;
  readonly host?: Partial<HostSettings>;
  readonly env?: Readonly<Record<string, string>>;
  readonly watchLimits?: Surroundings['watchLimits'];
  readonly fence?: Surroundings['fence'];
  readonly failpoints?: Surroundings['failpoints'];
  /** How the client connects. */
  readonly tls?: TlsOptions;
}

export function node(hostname: string, cpu: number, memoryKib: number, ioKib: number, address: number): string {
  const capacity = `<cpu_core>${cpu}</cpu_core><memory>${memoryKib}</memory><io>${ioKib}</io>`;
  return `<node><hostname>${hostname}</hostname><ipv4address>10.0.0.${address}</ipv4address><max_capacity>${capacity}</max_capacity></node>`;
}

export function nodeInfo(...nodes: string[]): string {
  return `<node_info><nodes>${nodes.join('')}</nodes></node_info>`;
}

/** What outlives the service: the hosts, the database, and time. */
export class World {
  readonly clock: Clock;
  readonly datacenter: SimulatedDatacenter;
  readonly database: MemoryDatabase;
  /** What the service logged as errors: bugs of its own, that no test may cause. */
  readonly errors: unknown[] = [];
  /** What befalls every call to the database. */
  databaseFails: InventoryErrorKind | undefined;
  private running: RunningService | undefined;
  private connected: VirtdcClient | undefined;

  constructor(private readonly options: WorldOptions = {}) {
    this.clock = fasterClock(options.times ?? TIMES);
    const durations = { ...QUICK, ...options.durations };
    this.datacenter = new SimulatedDatacenter({
      clock: this.clock,
      seed: 1,
      render: renderDomain,
      durations,
      host: options.host ?? {},
    });
    this.database = new MemoryDatabase(this.clock);
  }

  static async start(options: WorldOptions = {}): Promise<World> {
    const world = new World(options);
    await world.start();
    return world;
  }

  get config(): Config {
    const VIRTDC_DATA_DIR = join(tmpdir(), 'virtdc-no-such-directory');
    const env = {
      VIRTDC_LISTEN: '127.0.0.1:0',
      VIRTDC_HTTP_LISTEN: '127.0.0.1:0',
      VIRTDC_DATA_DIR,
      ...this.options.env,
    };
    return readConfig(env);
  }

  async start(): Promise<void> {
    assert.equal(this.running, undefined, 'it runs already');
    const { watchLimits, failpoints, fence } = this.options;
    this.running = await startService(this.config, this.logger(), {
      clock: this.clock,
      inventory: () => this.connectInventory(),
      hypervisor: () =>
        hypervisorByScheme({
          simulated: this.datacenter.hypervisor(),
          libvirt: libvirtHypervisor({ insecureTransports: false }),
        }),
      ...(watchLimits === undefined ? {} : { watchLimits }),
      ...(fence === undefined ? {} : { fence }),
      ...(failpoints === undefined ? {} : { failpoints }),
    });
    this.connected = connect(this.address, this.options.tls);
  }

  /** Its lease lasts as long as in real time: a busy machine may stand still for longer than a fraction of it. */
  private connectInventory(): Inventory {
    const inventory = this.database.connect(() =>
      this.databaseFails === undefined ? undefined : { error: this.databaseFails },
    );
    const acquire = inventory.acquireLease.bind(inventory);
    const renew = inventory.renewLease.bind(inventory);
    const longer = (ttlMs: number): number => ttlMs * (this.options.times ?? TIMES);
    inventory.acquireLease = (holder, address, ttlMs) => acquire(holder, address, longer(ttlMs));
    inventory.renewLease = (epoch, ttlMs) => renew(epoch, longer(ttlMs));
    return inventory;
  }

  /** The service ends; hosts, guests and database go on. */
  async stop(): Promise<void> {
    this.connected?.close();
    await this.running?.stop();
    this.running = undefined;
    this.connected = undefined;
  }

  async restart(): Promise<void> {
    await this.stop();
    await this.start();
  }

  /** Ends everything; fails where the service logged a bug of its own. */
  async end(): Promise<void> {
    await this.stop();
    this.datacenter.close();
    assert.deepEqual(this.errors, []);
  }

  private logger() {
    const { errors } = this;
    const level = process.env.VIRTDC_TEST_LOG ?? 'error';
    return pino({
      level,
      hooks: {
        logMethod(args: Parameters<LogFn>, method: LogFn, at: number) {
          if (at >= 50) errors.push(args);
          if (process.env.VIRTDC_TEST_LOG !== undefined) method.apply(this, args);
        },
      },
    });
  }

  get service(): RunningService {
    assert.ok(this.running, 'the service is not running');
    return this.running;
  }

  get address(): string {
    return `127.0.0.1:${this.service.grpcPort}`;
  }

  get client(): VirtdcClient {
    assert.ok(this.connected, 'the service is not running');
    return this.connected;
  }

  get faults() {
    return this.datacenter.faults;
  }

  /** Hosts as in the original's tables: of equal size, READY when this returns. */
  async addHosts(
    hostnames: readonly string[],
    { cpu = 16, memoryKib = 32 * GIB, ioKib = 500 * GIB } = {},
  ): Promise<void> {
    const xml = nodeInfo(...hostnames.map((name, index) => node(name, cpu, memoryKib, ioKib, index + 1)));
    await this.client.hosts.importNodeInfo({ xml });
    for (const hostname of hostnames)
      await this.whenHost(hostname, (host) => host.condition === 'HOST_CONDITION_READY');
  }

  async addPool(name: 'shared' | 'local', hostnames: readonly string[], locking = false): Promise<void> {
    const kind = name === 'shared' ? 'POOL_KIND_SHARED' : 'POOL_KIND_LOCAL';
    await this.client.hosts.registerPool({ name, kind, locking, hostnames: [...hostnames] });
  }

  /** A base guest with one empty disk, on hosts with a pool that all of them share. */
  async ready(
    hostnames: readonly string[],
    size: Parameters<World['addHosts']>[1] = {},
    locking = true,
  ): Promise<void> {
    await this.addHosts(hostnames, size);
    await this.addPool('shared', hostnames, locking);
    await this.client.guests.importBaseGuest({ name: 'base', source: { $case: 'xml', value: BASE_XML } });
  }

  submission(vmid: string, more: Partial<SubmitGuestRequest> = {}) {
    return { vmid, cpu: 2, memoryKib: BigInt(2 * GIB), baseGuest: 'base', ...more };
  }

  async submit(vmid: string, more: Partial<SubmitGuestRequest> = {}): Promise<Guest> {
    const { operation } = await this.client.placement.submitGuest(this.submission(vmid, more));
    await this.succeeds(operation);
    return this.guest(vmid);
  }

  async terminate(vmid: string): Promise<void> {
    const { operation } = await this.client.placement.terminateGuest({ vmid });
    await this.succeeds(operation);
  }

  ended(operation: Operation | undefined): Promise<Operation> {
    assert.ok(operation, 'no operation was answered');
    return waitForOperation(this.client.operations, operation.name);
  }

  async succeeds(operation: Operation | undefined): Promise<Operation> {
    const last = await this.ended(operation);
    assert.equal(last.state, 'OPERATION_STATE_SUCCEEDED', JSON.stringify(last.error));
    return last;
  }

  async fails(operation: Operation | undefined, reason: string): Promise<Operation> {
    const last = await this.ended(operation);
    assert.equal(last.error?.reason, reason, `${last.state} ${JSON.stringify(last.error)}`);
    return last;
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

  async revision(): Promise<bigint> {
    return (await this.client.operations.listOperations({ pageSize: 1 })).revision;
  }

  whenHost(hostname: string, holds: (host: Host) => boolean): Promise<Host> {
    return eventually(`host ${hostname} as wanted`, async () => {
      const host = await this.host(hostname);
      return holds(host) && host;
    });
  }

  whenGuest(vmid: string, holds: (guest: Guest) => boolean): Promise<Guest> {
    return eventually(`guest ${vmid} as wanted`, async () => {
      const guest = await this.guest(vmid);
      return holds(guest) && guest;
    });
  }

  /** All is learnt of the guest: nothing changes by itself any more. */
  settled(vmid: string): Promise<Guest> {
    return this.whenGuest(vmid, ({ observed }) => observed !== undefined && observed.bootId !== '');
  }

  whenOperation(name: string, holds: (operation: Operation) => boolean): Promise<Operation> {
    return eventually(
      `operation ${name} as wanted`,
      async () => {
        const { operation } = await this.client.operations.getOperation({ name });
        return operation !== undefined && holds(operation) && operation;
      },
      { everyMs: 10 },
    );
  }

  async findings(): Promise<AuditFinding[]> {
    const findings: AuditFinding[] = [];
    for await (const host of this.client.operations.audit({})) {
      assert.ok(host.reached, `${host.hostname} was not reached`);
      findings.push(...host.findings);
    }
    return findings;
  }

  /** The books agree with the hosts; what was only just seen of a guest may need another look. */
  async auditClean(): Promise<void> {
    let last: AuditFinding[] = [];
    await eventually('the audit finds nothing', async () => {
      last = await this.findings();
      return last.length === 0;
    }).catch((error: unknown) => {
      throw new Error(`the audit still finds ${JSON.stringify(last, bigints)}`, { cause: error });
    });
  }

  /** Nothing is claimed anywhere. */
  async allFree(): Promise<void> {
    const { hosts } = await this.client.hosts.listHosts({});
    for (const host of hosts) {
      const available = [host.availCpu, host.availMemoryKib, host.availIoKib];
      assert.deepEqual(available, [host.maxCpu, host.maxMemoryKib, host.maxIoKib], host.hostname);
    }
  }

  /** Every place where the guest's vCPUs run, as the guest itself would say. */
  runsOn(uuid: string): string[] {
    return this.faults
      .insideGuest(uuid)
      .filter(({ running }) => running)
      .map(({ hostname }) => hostname)
      .sort();
  }

  /** The names of the domains that the host has. */
  domainsOn(hostname: string): string[] {
    return [...this.datacenter.host(hostname).domains.values()].map(({ definition }) => definition.domainName).sort();
  }
}

function bigints(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? String(value) : value;
}

/** Rejects as the table of errors says: code by name, and reason. */
export async function refused(call: Promise<unknown>, code: string, reason: string): Promise<VirtdcError> {
  try {
    await call;
  } catch (error) {
    assert.ok(error instanceof VirtdcError, `not a status: ${String(error)}`);
    assert.deepEqual([error.codeName, error.reason], [code, reason], error.message);
    return error;
  }
  assert.fail(`accepted, and not refused with ${reason}`);
}
