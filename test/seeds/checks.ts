// What must hold between the books and the hosts: at once, or once a host has been within hearing for a while.

import { claimKey } from '../../src/fleet/claim.js';
import { withOverhead } from '../../src/fleet/cluster-policy.js';
import { isOpen } from '../../src/fleet/operation.js';
import { type Domain, observe } from '../../src/hypervisor/simulated/domain.js';
import type { SimulatedHost } from '../../src/hypervisor/simulated/host.js';
import { auditHost } from '../../src/queries/audit.js';
import type { Oracle } from './oracle.js';
import { IMAGE } from './prepare.js';
import { CLIENT, HOSTS, type World } from './world.js';

/** What is so has to be seen within 30 s, once a host is heard and the books can be written; looked at every second. */
const SEEN_WITHIN_MS = 32_000;

export class Checks {
  /** By host: since when what is wrong there has been so, while it could have been seen. */
  private wrongSince = new Map<string, Map<string, number>>();
  /** By host: whether it is heard, and what is seen of it written down; undefined: nothing is written down. */
  private readonly heard = new Map<string, boolean | undefined>();
  /** By host: who was to see what is wrong there. */
  private readonly seer = new Map<string, string | undefined>();

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
  ) {}

  /** After each change of anything. */
  atOnce(): void {
    this.world.tally.count('steps');
    for (const hostname of HOSTS) this.listenTo(hostname);
    const running = new Map<string, string>();
    for (const [machine, { host, domain }] of this.world.datacenter.homes) {
      if (machine.pausedAt !== undefined) continue;
      const other = running.get(domain.uuid);
      if (other !== undefined)
        this.world.violate(`${this.oracle.nameOf(domain.uuid)} runs on ${other} and ${host.name}`);
      running.set(domain.uuid, host.name);
    }
    for (const host of this.world.datacenter.hosts.values()) {
      for (const domain of host.domains.values()) this.checkDomain(host, domain);
    }
  }

  private checkDomain(host: SimulatedHost, domain: Domain): void {
    const { fleet, removed } = this.oracle;
    const { uuid, machine } = domain;
    const guest = fleet.guestByUuid(uuid);
    if (this.oracle.leftBehind(host.name, uuid)) return;
    if (guest === undefined) {
      if (removed.has(uuid)) {
        this.world.violate(`${this.oracle.nameOf(uuid)} was removed, its domain is on ${host.name}`);
      }
      return;
    }
    if (machine === undefined) return;
    const claim = fleet.get('claim', claimKey(host.name, guest.vmid));
    if (claim === undefined) {
      this.world.violate(`${guest.vmid} has a domain on ${host.name} and no claim there`);
      return;
    }
    const { cpu, memoryKib } = claim.resources;
    if (machine.plugged > cpu) this.world.violate(`${guest.vmid} has ${machine.plugged} vCPUs, ${cpu} are claimed`);
    const most = withOverhead(machine.maxMemoryKib, fleet.policy);
    if (most > memoryKib + claim.retakeKib) {
      this.world.violate(`${guest.vmid} can take ${most} KiB, ${memoryKib} + ${claim.retakeKib} are kept for it`);
    }
  }

  /** Whoever begins to lead, to hear a host or not to, has all the time there is from then on. */
  private listenTo(hostname: string): void {
    const { world } = this;
    const host = world.datacenter.host(hostname);
    const writes = world.leader !== undefined && world.database.takes(world.leader.name);
    const heard = host.answers && world.datacenter.network.reaches(CLIENT, hostname);
    const now = writes ? heard : undefined;
    const seer = world.leader?.name;
    if (this.heard.get(hostname) !== now || this.seer.get(hostname) !== seer) this.wrongSince.delete(hostname);
    this.heard.set(hostname, now);
    this.seer.set(hostname, seer);
  }

  /** Every now and then. */
  inTime(): void {
    const now = this.world.clock.monotonicMs();
    for (const hostname of HOSTS) {
      this.listenTo(hostname);
      const before = this.wrongSince.get(hostname);
      const wrong = new Map(this.wrongOn(hostname).map((what) => [what, before?.get(what) ?? now]));
      this.wrongSince.set(hostname, wrong);
      for (const [what, since] of wrong) if (now - since > SEEN_WITHIN_MS) this.world.violate(`for long: ${what}`);
    }
  }

  private wrongOn(hostname: string): string[] {
    const heard = this.heard.get(hostname);
    if (heard === undefined) return [];
    return heard ? this.differences(this.world.datacenter.host(hostname)) : this.overconfidence(hostname);
  }

  /** What is said of guests on a host that nobody hears. */
  private overconfidence(hostname: string): string[] {
    return this.oracle.fleet
      .guestsOn(hostname)
      .filter(({ operation, state }) => operation === '' && (state === 'RUNNING' || state === 'PAUSED'))
      .map(({ vmid, state }) => `${vmid} is ${state} on ${hostname}, which nobody hears`);
  }

  private differences(host: SimulatedHost): string[] {
    const { fleet } = this.oracle;
    const wrong: string[] = [];
    const { datacenter } = this.world;
    const now = datacenter.now();
    const declared = fleet.get('host', host.name);
    if (declared === undefined) return [];
    if (declared.condition !== 'READY' && !this.awaitsMigration(host.name)) {
      wrong.push(`${host.name} is ${declared.condition}`);
    }
    for (const guest of fleet.guestsOn(host.name)) {
      if (guest.operation !== '') continue;
      const { vmid, uuid, state } = guest;
      const domain = host.domains.get(uuid);
      const runs = domain?.machine === undefined ? 'no' : domain.state;
      const right = {
        RUNNING: runs === 'RUNNING',
        PAUSED: runs === 'PAUSED',
        STOPPED: runs === 'no',
        LOST: runs === 'no',
      };
      if (!(right[state as keyof typeof right] ?? false))
        wrong.push(`${vmid} is ${state}, ${runs} domain on ${host.name}`);
    }
    for (const domain of host.domains.values()) {
      const { machine, uuid } = domain;
      if (machine === undefined) continue;
      const guest = fleet.guestByUuid(uuid);
      if (guest !== undefined && (guest.operation !== '' || guest.hostname !== host.name)) continue;
      const claim = fleet.get('claim', claimKey(host.name, guest?.vmid ?? uuid));
      const seen = observe(domain, now, datacenter.durations);
      const has = withOverhead(seen.balloonKib ?? 0, fleet.policy);
      if (claim === undefined || claim.resources.memoryKib < has || claim.resources.cpu < (seen.currentCpu ?? 0)) {
        wrong.push(`${guest?.vmid ?? uuid} on ${host.name} has more than is claimed for it`);
      }
    }
    return wrong;
  }

  /** A host that was dead is not used before it is settled where a guest that was moved from or to it is. */
  private awaitsMigration(hostname: string): boolean {
    const { fleet } = this.oracle;
    const left = fleet.get('host', hostname)?.leftBehind ?? [];
    return left.some(({ vmid }) => {
      const operation = fleet.get('operation', fleet.get('guest', vmid)?.operation ?? '');
      return operation?.input.kind === 'MIGRATE_GUEST' && fleet.get('claim', claimKey(hostname, vmid)) !== undefined;
    });
  }

  openOperations(): string[] {
    return [...this.oracle.fleet.all('operation')]
      .filter(isOpen)
      .map(({ name, input, target, step, state }) => `${name} ${input.kind} ${target} ${state} ${step}`);
  }

  /** When all is quiet again: the books and the hosts agree to the last figure. */
  atTheEnd(): void {
    const { world, oracle } = this;
    const { fleet } = oracle;
    const { datacenter } = world;
    for (const host of fleet.all('host')) {
      const machine = datacenter.host(host.hostname);
      const domains = [...machine.domains.values()].map((one) => observe(one, datacenter.now(), datacenter.durations));
      const foreign = fleet.claimsOn(host.hostname).some((claim) => claim.kind === 'FOREIGN');
      for (const { kind, detail } of auditHost(fleet, host, domains).findings) {
        if (kind === 'FOREIGN_DOMAIN') continue;
        if (
          kind === 'HOST_OVERCOMMITTED' &&
          (foreign || this.tookMore(host.hostname) || oracle.overByDecree.has(host.hostname))
        )
          continue;
        world.violate(`audit of ${host.hostname}: ${kind}: ${detail}`);
      }
      for (const pool of machine.pools.values()) {
        for (const volume of pool.volumes.keys()) {
          if (volume === IMAGE.name) continue;
          const owner = [...fleet.all('guest')].find(({ uuid }) => volume.includes(uuid));
          const away = pool.settings.kind === 'LOCAL' && owner?.hostname !== host.hostname;
          if (owner === undefined || away) world.violate(`volume ${volume} on ${host.hostname} is nobody's there`);
        }
      }
    }
    if (datacenter.jobs.size > 0) world.violate(`${datacenter.jobs.size} migrations still run`);
  }

  /** Guests that were taken in as they were, or that keep what a reboot gave them back, or kept it to their end. */
  private tookMore(hostname: string): boolean {
    const { fleet } = this.oracle;
    return fleet.guestsOn(hostname).some(({ vmid, adopted, currentMemoryKib }) => {
      const claimed = fleet.get('claim', claimKey(hostname, vmid))?.resources.memoryKib ?? 0;
      return adopted || claimed > withOverhead(currentMemoryKib, fleet.policy);
    });
  }
}
