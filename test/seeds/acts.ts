// What clients ask for: each act of the plan as commands, on what there is when its time comes.

import { adoptGuests } from '../../src/commands/adopt-guests.js';
import { cancelOperation } from '../../src/commands/cancel-operation.js';
import { confirmHostDead } from '../../src/commands/confirm-host-dead.js';
import { cordonHost } from '../../src/commands/cordon-host.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { pauseGuest } from '../../src/commands/pause-guest.js';
import { rebootGuest } from '../../src/commands/reboot-guest.js';
import { removeHost } from '../../src/commands/remove-host.js';
import { resumeGuest } from '../../src/commands/resume-guest.js';
import { scaleCpu } from '../../src/commands/scale-cpu.js';
import { scaleMemory } from '../../src/commands/scale-memory.js';
import { setClusterPolicy } from '../../src/commands/set-cluster-policy.js';
import { startGuest } from '../../src/commands/start-guest.js';
import { stopGuest } from '../../src/commands/stop-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import { uncordonHost } from '../../src/commands/uncordon-host.js';
import { updateGuest } from '../../src/commands/update-guest.js';
import { updateHost } from '../../src/commands/update-host.js';
import { put } from '../../src/fleet/change.js';
import { accept, type Command } from '../../src/fleet/decision.js';
import { STRATEGIES } from '../../src/fleet/explanation.js';
import type { Guest } from '../../src/fleet/guest.js';
import { isOpen } from '../../src/fleet/operation.js';
import { observe } from '../../src/hypervisor/simulated/domain.js';
import { PLAIN_MOVE } from '../commands/decide.js';
import { submission } from '../commands/requests.js';
import type { Oracle } from './oracle.js';
import type { Act, ActKind } from './plan.js';
import { BASES, importHosts, joinPools } from './prepare.js';
import { choose, HOSTS, POOLS, type World } from './world.js';

const GIB_IN_KIB = 1024 * 1024;

/** Asked for at the same time, each for itself. */
export interface Asked {
  readonly command: Command<unknown>;
  /** It can never be stored, and must not take others with it. */
  readonly poison?: true;
  /** Asked for one after the other, once it was accepted. */
  readonly next?: readonly Command<unknown>[];
}

interface Target {
  readonly guest: Guest;
  readonly draws: Act['draws'];
}

const on = ({ guest }: Target) => ({ vmid: guest.vmid, expectedRevision: 0 });

const ON_GUEST: Partial<Record<ActKind, (target: Target) => Command<unknown>>> = {
  'scale-cpu': (target) =>
    scaleCpu({
      ...on(target),
      cpu: 1 + Math.floor(target.draws[1] * target.guest.maxCpu),
      hostname: '',
      onNoRoom: target.draws[2] < 0.5 ? 'MIGRATE_SELF' : 'REFUSE',
      facts: PLAIN_MOVE,
    }),
  'scale-memory': (target) =>
    scaleMemory({
      ...on(target),
      memoryKib: Math.floor((0.25 + 0.75 * target.draws[1]) * target.guest.maxMemoryKib),
      hostname: '',
      onNoRoom: target.draws[2] < 0.5 ? 'MIGRATE_SELF' : 'REFUSE',
      facts: PLAIN_MOVE,
    }),
  migrate: (target) =>
    migrateGuest({ ...move(target), policy: target.draws[1] > 0.9 ? { completionTimeoutS: 2 } : {} }),
  'migrate-postcopy': (target) =>
    migrateGuest({
      ...move(target),
      policy: { completionTimeoutS: 1 + Math.floor(target.draws[2] * 4), onTimeout: 'POSTCOPY' },
    }),
  pause: (target) => pauseGuest(on(target)),
  resume: (target) => resumeGuest(on(target)),
  stop: (target) =>
    stopGuest({ ...on(target), force: target.draws[1] < 0.5, graceS: Math.floor(target.draws[2] * 10) }),
  start: (target) => startGuest(on(target)),
  reboot: (target) => rebootGuest({ ...on(target), force: target.draws[1] < 0.5 }),
  terminate: (target) => terminateGuest(on(target)),
  'terminate-lost': (target) => terminateGuest(on(target)),
  'update-guest': (target) => labelled(target.guest, target.draws[1]),
};

function move(target: Target) {
  const [, second, third] = target.draws;
  const destHost = second < 0.5 ? '' : (choose(HOSTS, third) ?? '');
  return { ...on(target), sourceHost: '', destHost, facts: PLAIN_MOVE };
}

function labelled({ vmid }: Guest, draw: number): Command<unknown> {
  const value = String(Math.floor(draw * 1e6));
  return updateGuest({
    vmid,
    expectedRevision: 0,
    setLabels: { seen: value },
    removeLabels: [],
    restartPolicy: undefined,
    priority: undefined,
  });
}

/** Guests of which an act is worth asking for; where there is none, it is asked for of another. */
const WORTH: Partial<Record<ActKind, (guest: Guest) => boolean>> = {
  resume: ({ state }) => state === 'PAUSED',
  start: ({ state }) => state === 'STOPPED' || state === 'LOST',
  'terminate-lost': ({ state }) => state === 'LOST',
  migrate: ({ state }) => state === 'RUNNING' || state === 'PAUSED',
  'migrate-postcopy': ({ state, disks }) => state === 'RUNNING' && disks.every(({ pool }) => pool === 'locked'),
};

export class Acts {
  private made = 0;

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
  ) {}

  /** Empty: there is nothing to do it to. */
  of(act: Act): readonly Asked[] {
    const { kind, draws } = act;
    if (kind === 'poison') return this.poison(draws);
    if (kind === 'last-slot') return this.lastSlot(draws);
    if (kind === 'import-hosts') return [{ command: importHosts(), next: joinPools() }];
    const command = this.commandOf(act);
    return command === undefined ? [] : [{ command }];
  }

  private commandOf({ kind, draws }: Act): Command<unknown> | undefined {
    const { fleet } = this.oracle;
    const host = { hostname: choose(HOSTS, draws[0]) ?? '', expectedRevision: 0 };
    switch (kind) {
      case 'submit':
        return this.submission(draws);
      case 'adopt':
        return this.adoption(draws);
      case 'cordon':
        return cordonHost(host);
      case 'uncordon':
        return uncordonHost(host);
      case 'confirm-dead':
        return this.confirmation(draws);
      case 'remove-host':
        return removeHost({ ...host, hostname: this.emptiest(draws) });
      case 'update-host':
        return changedHost(host.hostname, draws);
      case 'set-policy':
        return setClusterPolicy({ expectedRevision: 0, set: { strategy: choose(STRATEGIES, draws[0]) ?? 'BEST_FIT' } });
      case 'cancel': {
        const operation = choose([...fleet.all('operation')].filter(isOpen), draws[0])?.name;
        return operation === undefined ? undefined : cancelOperation({ operation });
      }
      default: {
        const guest = this.guestFor(kind, draws[0]);
        return guest === undefined ? undefined : ON_GUEST[kind]?.({ guest, draws });
      }
    }
  }

  private guestFor(kind: ActKind, draw: number): Guest | undefined {
    const all = [...this.oracle.fleet.all('guest')];
    const worth = all.filter((guest) => WORTH[kind]?.(guest) ?? true);
    return choose(worth.length > 0 ? worth : all, draw);
  }

  /** Operators say only what is so. */
  private confirmation(draws: Act['draws']): Command<unknown> | undefined {
    const off = HOSTS.filter((hostname) => !this.world.datacenter.host(hostname).powered);
    const hostname = choose(off, draws[1]);
    return hostname === undefined ? undefined : confirmHostDead({ hostname, expectedRevision: 0, answers: false });
  }

  /** One without guests, where there is one. */
  private emptiest(draws: Act['draws']): string {
    const { fleet } = this.oracle;
    const empty = HOSTS.filter(
      (hostname) => fleet.get('host', hostname) !== undefined && fleet.guestsOn(hostname).length === 0,
    );
    return choose(empty.length > 0 ? empty : HOSTS, draws[0]) ?? '';
  }

  private submission(draws: Act['draws']): Command<unknown> {
    const [first, second, third] = draws;
    // Now and then a name that was used before.
    const vmid = first < 0.15 && this.made > 0 ? `g${1 + Math.floor(second * this.made)}` : `g${++this.made}`;
    const cpu = 1 + Math.floor(first * 4);
    const memoryKib = Math.floor((0.5 + second * 2) * GIB_IN_KIB);
    return submitGuest(
      submission(vmid, {
        cpu,
        memoryKib,
        maxCpu: cpu * (third < 0.5 ? 2 : 1),
        maxMemoryKib: Math.floor(memoryKib * (1 + third)),
        ioKib: GIB_IN_KIB,
        baseGuest: choose(BASES, (first * 11) % 1) ?? '',
        seed: (second * 13) % 1 < 0.4 ? { guestHostname: vmid, sshAuthorizedKeys: [], userData: '' } : undefined,
        pool: choose(POOLS, (first * 7 + third * 3) % 1) ?? '',
        restartPolicy: second < 0.2 ? 'WITH_HOST' : second < 0.7 ? 'ON_HOST_FAILURE' : 'NEVER',
        priority: Math.floor(third * 3),
      }),
    );
  }

  /** More at once than there is room for, of one size. */
  private lastSlot(draws: Act['draws']): readonly Asked[] {
    const cpu = 2 + Math.floor(draws[0] * 3);
    return Array.from({ length: 3 + Math.floor(draws[1] * 4) }, () => ({
      command: submitGuest(
        submission(`g${++this.made}`, {
          cpu,
          memoryKib: GIB_IN_KIB,
          ioKib: GIB_IN_KIB,
          baseGuest: 'bare',
          pool: 'locked',
        }),
      ),
    }));
  }

  private poison(draws: Act['draws']): readonly Asked[] {
    const guest = this.guestFor('poison', draws[0]);
    const other = this.guestFor('poison', draws[1]);
    if (guest === undefined || other === undefined) return [];
    const poison: Command<unknown> = {
      name: 'Poison',
      decide(fleet) {
        const now = fleet.get('guest', guest.vmid);
        // Half a surrogate pair, which no database takes.
        return accept(
          undefined,
          now === undefined ? [] : [put('guest', { ...now, labels: { ...now.labels, bad: '\ud800' } })],
        );
      },
    };
    return [
      { command: labelled(guest, draws[1]) },
      { command: poison, poison: true },
      { command: labelled(other, draws[2]) },
    ];
  }

  private adoption(draws: Act['draws']): Command<unknown> | undefined {
    const { datacenter } = this.world;
    const foreign = [...datacenter.homes.values()].filter(({ domain }) => domain.foreign);
    const home = choose(foreign, draws[0]);
    if (home === undefined || !home.host.answers) return undefined;
    const seen = observe(home.domain, datacenter.now(), datacenter.durations);
    return adoptGuests({
      labels: {},
      domains: [
        {
          hostname: home.host.name,
          uuid: seen.uuid,
          domainName: seen.domainName,
          state: seen.state,
          persistent: seen.persistent,
          migratingOut: seen.migratingOut,
          vmid: '',
          currentCpu: seen.currentCpu ?? 0,
          maxCpu: seen.maxCpu ?? 0,
          currentMemoryKib: seen.balloonKib ?? 0,
          maxMemoryKib: seen.maxMemoryKib ?? 0,
          disks: [],
          nics: [],
          xml: home.domain.definition.templateXml,
        },
      ],
    });
  }
}

function changedHost(hostname: string, [, second, third]: Act['draws']): Command<unknown> {
  return updateHost({
    hostname,
    expectedRevision: 0,
    ipAddress: undefined,
    uri: undefined,
    migrationUri: undefined,
    capacity: {},
    ratios: second < 0.7 ? { cpu: 1 + Math.floor(second * 3) / 2 } : {},
    reserve: third < 0.5 ? { memoryKib: Math.floor(third * 2 * GIB_IN_KIB) } : {},
    maxIoKibPerS: undefined,
    setLabels: {},
    removeLabels: [],
    zone: undefined,
  });
}
