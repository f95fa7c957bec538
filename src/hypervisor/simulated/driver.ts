// The hypervisor port over a simulated datacenter: each method is one call over the client's link to the host.

import { LIMITS } from '../../limits.js';
import {
  type CallOptions,
  type ConsoleSession,
  type GuestDefinition,
  type HostAddress,
  type HostDriver,
  type HostListener,
  type Hypervisor,
  HypervisorError,
  type MigrateOptions,
} from '../../ports/hypervisor.js';
import { SimulatedConsole } from './console.js';
import { baselineCpu, runsCpu } from './cpu.js';
import type { SimulatedDatacenter } from './datacenter.js';
import { liveDefinition, observe } from './domain.js';
import * as calls from './domain-calls.js';
import type { SimulatedHost } from './host.js';
import { Link } from './link.js';
import { abortJob, migrate, migrationProgress, startPostcopy } from './migration.js';
import { Refused } from './refused.js';
import * as scaling from './scale-calls.js';
import { Upload } from './storage.js';

const SIMULATED_URI = /^sim:\/\/([A-Za-z0-9][A-Za-z0-9._-]{0,252})$/;

/** Name of the simulated host, or undefined where the URI is no simulated one. */
function simulatedName(uri: string): string | undefined {
  return SIMULATED_URI.exec(uri)?.[1];
}

export class SimulatedHypervisor implements Hypervisor {
  private readonly drivers = new Map<string, HostDriver>();

  constructor(
    private readonly datacenter: SimulatedDatacenter,
    private readonly client: string,
  ) {}

  host(address: HostAddress): HostDriver {
    const key = JSON.stringify([address.hostname, address.uri, address.migrationUri]);
    const known = this.drivers.get(key);
    if (known !== undefined) return known;
    const name = simulatedName(address.uri);
    if (name === undefined) {
      throw new HypervisorError('UNSUPPORTED', address.hostname, `not a simulated host: ${address.uri}`);
    }
    const host = this.datacenter.host(name);
    const link = new Link(this.datacenter, host, this.client, address.hostname);
    const driver = simulatedDriver(address, host, link, () => this.drivers.delete(key));
    this.drivers.set(key, driver);
    return driver;
  }

  async close(): Promise<void> {
    for (const driver of [...this.drivers.values()]) await driver.close();
  }
}

function simulatedDriver(address: HostAddress, host: SimulatedHost, link: Link, onClose: () => void): HostDriver {
  const { datacenter } = host;
  const { durations } = datacenter;
  const agentDeadlineMs = LIMITS.guestAgentDeadlineMs;

  return {
    address,
    listen: (listener: HostListener, signal: AbortSignal) => void link.supervise(listener, signal),
    close: async () => {
      link.close();
      onClose();
    },
    barrier: (options) => link.barrier(options),

    facts: (options) => link.call('facts', options, () => host.facts()),
    domains: (options) =>
      link.call('domains', options, () =>
        [...host.domains.values()].map((domain) => observe(domain, datacenter.now(), durations)),
      ),
    domain: (uuid, options) =>
      link.call('domain', options, () => {
        const domain = host.domains.get(uuid);
        return domain && observe(domain, datacenter.now(), durations);
      }),
    domainXml: (uuid, options) =>
      link.call('domainXml', options, () => {
        const domain = host.domain(uuid);
        return domain.foreign
          ? domain.definition.templateXml
          : datacenter.render(liveDefinition(domain, datacenter.now(), durations));
      }),
    domainMark: (uuid, options) =>
      link.call('domainMark', options, () => {
        const { foreign, definition } = host.domain(uuid);
        return foreign ? undefined : definition.mark;
      }),

    create: (definition: GuestDefinition, persistent, options) =>
      link.call(
        'create',
        options,
        () => calls.createDomain(host, definition, persistent),
        LIMITS.libvirtCreateDeadlineMs,
      ),
    render: (definition) => datacenter.render(definition),
    start: (uuid, options) =>
      link.call('start', options, () => calls.startDomain(host, host.domain(uuid)), LIMITS.libvirtCreateDeadlineMs),
    setAutostart: (uuid, autostart, options) =>
      link.call('setAutostart', options, () => {
        calls.persistentDomain(host, uuid).autostart = autostart;
        datacenter.changed();
      }),
    undefine: (uuid, options) => link.call('undefine', options, () => calls.undefineDomain(host, uuid)),
    destroy: (uuid, options) => link.call('destroy', options, () => calls.destroyDomain(host, uuid)),
    shutdown: (uuid, options) => link.call('shutdown', options, () => calls.shutdownDomain(host, uuid)),
    reboot: (uuid, force, options) => link.call('reboot', options, () => calls.rebootDomain(host, uuid, force)),
    suspend: (uuid, options) => link.call('suspend', options, () => calls.suspendDomain(host, uuid)),
    resume: (uuid, options) => link.call('resume', options, () => calls.resumeDomain(host, uuid)),

    setPluggedCpu: (uuid, cpu, options) =>
      link.call('setPluggedCpu', options, () => scaling.setPluggedCpu(host, uuid, cpu)),
    setOnlineCpu: (uuid, cpu, options) =>
      link.call('setOnlineCpu', options, () => scaling.setOnlineCpu(host, uuid, cpu), agentDeadlineMs),
    onlineCpu: (uuid, options) =>
      link.call('onlineCpu', options, () => scaling.onlineCpuOf(host, uuid), agentDeadlineMs),
    setMemory: (uuid, memoryKib, options) =>
      link.call('setMemory', options, () => scaling.setMemory(host, uuid, memoryKib)),
    bootId: (uuid, options) => link.call('bootId', options, () => scaling.bootIdOf(host, uuid), agentDeadlineMs),
    addresses: (uuid, options) =>
      link.call('addresses', options, () => scaling.addressesOf(host, uuid), agentDeadlineMs),
    console: (uuid, options): Promise<ConsoleSession> =>
      link.call('console', options, () => {
        const { machine, domain } = host.running(uuid);
        if (datacenter.consoles.has(machine)) {
          throw new Refused('REFUSED', `the console of ${domain.domainName} is in use`);
        }
        return link.keep((onEnd) => new SimulatedConsole(datacenter, machine, () => link.heard, onEnd));
      }),

    migrate: (uuid: string, dest: HostAddress, options: MigrateOptions, signal: AbortSignal) =>
      link.callWithoutDeadline('migrate', signal, () => {
        const destName = simulatedName(dest.migrationUri);
        if (destName === undefined) throw new Refused('REFUSED', `not a simulated host: ${dest.migrationUri}`);
        return migrate(host, uuid, destName, options);
      }),
    migrationProgress: (uuid, options) => link.call('migrationProgress', options, () => migrationProgress(host, uuid)),
    completedMigration: (uuid, options) => link.call('completedMigration', options, () => host.domain(uuid).completed),
    dirtyBytesPerS: (uuid, options) =>
      link.call('dirtyBytesPerS', options, () => host.running(uuid).machine.behaviour.dirtyBytesPerS),
    abortJob: (uuid, options) => link.call('abortJob', options, () => abortJob(host, uuid)),
    startPostcopy: (uuid, options) => link.call('startPostcopy', options, () => startPostcopy(host, uuid)),

    pools: (options) => link.call('pools', options, () => [...host.pools.values()].map((pool) => pool.facts())),
    volume: (pool, name, options) => link.call('volume', options, () => host.pool(pool).volumeFacts(name)),
    volumeDigest: (pool, name, options) => link.call('volumeDigest', options, () => host.pool(pool).digest(name)),
    createVolume: (pool, name, capacityKib, base, options) =>
      link.call('createVolume', options, () => changing(host.pool(pool).createOverlay(name, capacityKib, base))),
    deleteVolume: (pool, name, options) =>
      link.call('deleteVolume', options, () => changing(host.pool(pool).delete(name))),
    createSeed: (pool, name, seed, instanceId, options) =>
      link.call('createSeed', options, () => changing(host.pool(pool).createSeed(name, seed, instanceId))),
    uploadVolume: async (pool, name, format, sizeBytes, content, options?: CallOptions) => {
      let givenUp = false;
      const receive = async () => {
        const target = host.pool(pool);
        target.refuseTaken(name);
        const upload = new Upload(name, format, sizeBytes);
        for await (const chunk of content) {
          if (givenUp) throw new Refused('REFUSED', 'the upload was given up');
          upload.add(chunk);
        }
        return changing(target.add(upload.finish()));
      };
      try {
        return await link.call('uploadVolume', options, receive, LIMITS.uploadIdleMs);
      } catch (error) {
        givenUp = true;
        throw error;
      }
    },

    clockOf: (pool, options) =>
      link.call('clockOf', options, () => {
        host.pool(pool);
        return datacenter.clock.now();
      }),

    baselineCpu: (cpuXmls, options) =>
      link.call('baselineCpu', options, () => baselineCpu(host.settings.cpuModel, cpuXmls)),
    runsCpu: (cpuXml, options) => link.call('runsCpu', options, () => runsCpu(host.settings.cpuModel, cpuXml)),
    dialPeer: (peer, options) => link.call('dialPeer', options, () => dial(host, peer)),
  };

  function changing<T>(value: T): T {
    datacenter.changed();
    return value;
  }
}

function dial(host: SimulatedHost, peer: HostAddress): void {
  const { datacenter } = host;
  const name = simulatedName(peer.migrationUri);
  const target = name === undefined ? undefined : datacenter.hosts.get(name);
  if (target === undefined || !datacenter.network.reaches(host.name, target.name) || !target.answers) {
    throw new Refused('REFUSED', `unable to connect to ${peer.migrationUri} from ${host.name}`);
  }
}
