// What each kind of fault does to the world, and how it ends.

import type { Oracle } from './oracle.js';
import type { Fault, FaultKind } from './plan.js';
import { stopInCall, strikeMigration } from './strikes.js';
import { CLIENT, choose, HOSTS, type World } from './world.js';

const MIB = 1024 * 1024;
const GIB_IN_KIB = 1024 * 1024;

const METHODS = [
  ...['*', '*', 'domain', 'domains', 'create', 'destroy', 'undefine', 'migrate', 'resume', 'suspend', 'shutdown'],
  ...['setMemory', 'setPluggedCpu', 'setAutostart', 'createVolume', 'deleteVolume', 'migrationProgress', 'abortJob'],
];

const FOREIGN_XML = `<domain type='kvm'><name>x</name><os><type arch='x86_64' machine='q35'>hvm</type></os><devices/></domain>`;

interface Inflicted {
  readonly world: World;
  readonly fault: Fault;
}

interface Scene extends Inflicted {
  readonly host: (typeof HOSTS)[number];
  /** A domain that runs; undefined: none does. */
  readonly victim: { readonly hostname: string; readonly uuid: string } | undefined;
}

type Inflict = (scene: Scene) => (() => void) | undefined;

export function inflict(world: World, oracle: Oracle, fault: Fault): void {
  const host = choose(HOSTS, fault.draws[0]) as (typeof HOSTS)[number];
  const running = [...world.datacenter.homes.values()];
  const home = choose(running, fault.draws[1]);
  const victim = home && { hostname: home.host.name, uuid: home.domain.uuid };
  world.trace.note(`FAULT ${fault.kind} ${host} ${oracle.nameOf(victim?.uuid)} for ${fault.forMs.toFixed(0)} ms`);
  world.tally.count(`fault ${fault.kind}`);
  const end = INFLICT[fault.kind]({ world, fault, host, victim });
  if (end !== undefined) {
    world.clock.after(fault.forMs, () => {
      world.trace.note(`END ${fault.kind} ${host}`);
      end();
    });
  }
}

/** Nothing to be done where there is nothing to do it to. */
const toVictim = (deed: (scene: Scene, victim: NonNullable<Scene['victim']>) => void): Inflict => {
  return (scene) => {
    if (scene.victim !== undefined) deed(scene, scene.victim);
    return undefined;
  };
};

const INFLICT: Readonly<Record<FaultKind, Inflict>> = {
  crash({ world, fault }) {
    world.leader?.life.dieAfter(1 + Math.floor(fault.draws[2] * 30));
    return undefined;
  },
  restart({ world }) {
    void world.leader?.stop();
    return undefined;
  },
  'stop-process': ({ world, fault }) => {
    const { leader } = world;
    if (leader === undefined) return undefined;
    leader.life.stopAfter(1 + Math.floor(fault.draws[2] * 20));
    return () => leader.life.goOn();
  },
  'stop-process-in-call': ({ world, fault }) => {
    stopInCall(world, fault);
    return undefined;
  },
  freeze({ world, host }) {
    world.datacenter.faults.freeze(host);
    return () => world.datacenter.faults.thaw(host);
  },
  'kill-daemon': ({ world, host }) => {
    world.datacenter.faults.killDaemon(host);
    return () => world.datacenter.faults.startDaemon(host);
  },
  'power-off': ({ world, host }) => {
    world.datacenter.faults.powerOff(host);
    return () => world.datacenter.faults.powerOn(host);
  },
  'partition-client': ({ world, host }) => {
    world.datacenter.faults.partition(CLIENT, host);
    return () => world.datacenter.faults.heal(host);
  },
  'partition-one-way': ({ world, host, fault }) => {
    const [from, to] = fault.draws[1] < 0.5 ? [host, CLIENT] : [CLIENT, host];
    world.datacenter.faults.partitionOneWay(from, to);
    return () => world.datacenter.faults.heal(host);
  },
  'partition-peers': ({ world, host, fault }) => {
    const peer = choose(
      HOSTS.filter((other) => other !== host),
      fault.draws[1],
    );
    world.datacenter.faults.partition(host, peer);
    return () => world.datacenter.faults.heal(host);
  },
  'strike-migration': ({ world, fault }) => {
    void strikeMigration(world, fault).catch((error: unknown) => world.threw(error));
    return undefined;
  },
  'lose-reply': ({ world, host, fault }) => {
    world.datacenter.faults.loseReplies(host, choose(METHODS, fault.draws[2]) ?? '*');
    return undefined;
  },
  'slow-call': ({ world, host, fault }) => {
    world.datacenter.faults.slowCalls(host, choose(METHODS, fault.draws[2]) ?? '*', fault.draws[1] * 14_000, 2);
    return undefined;
  },
  'refuse-call': ({ world, host, fault }) => {
    const kind = fault.draws[1] < 0.7 ? 'REFUSED' : 'CONFLICT';
    world.datacenter.faults.failCalls(host, choose(METHODS, fault.draws[2]) ?? '*', kind);
    return undefined;
  },
  'guest-crash': toVictim(({ world }, { uuid }) => world.datacenter.faults.crashGuest(uuid)),
  'guest-reboot': toVictim(({ world }, { uuid }) => world.datacenter.faults.rebootGuest(uuid)),
  'guest-power-off': toVictim(({ world }, { uuid }) => world.datacenter.faults.powerOffGuest(uuid)),
  'guest-refuses-balloon': toVictim(({ world }, { uuid }) =>
    world.datacenter.faults.behave(uuid, { refusesBalloon: true }),
  ),
  'guest-without-agent': toVictim(({ world }, { uuid }) =>
    world.datacenter.faults.behave(uuid, { agentAbsent: true, ignoresShutdown: true }),
  ),
  'guest-dirties-memory': toVictim(({ world, fault }, { uuid }) => {
    const dirtyBytesPerS = (20 + fault.draws[2] * 400) * MIB;
    world.datacenter.faults.behave(uuid, { dirtyBytesPerS, workingSetKib: GIB_IN_KIB / 4 });
  }),
  'destroy-by-hand': toVictim(({ world }, { hostname, uuid }) => {
    world.datacenter.faults.destroyByHand(hostname, uuid);
  }),
  'set-memory-by-hand': toVictim(({ world, fault }, { hostname, uuid }) => {
    const most = world.datacenter.host(hostname).domain(uuid).definition.maxMemoryKib;
    world.datacenter.faults.setMemoryByHand(hostname, uuid, Math.floor((0.2 + 0.8 * fault.draws[2]) * most));
  }),
  'create-by-hand': ({ world, host, fault }) => {
    if (!world.datacenter.host(host).answers) return undefined;
    const definition = {
      templateXml: FOREIGN_XML,
      uuid: world.random.uuid(),
      domainName: `by-hand-${Math.floor(fault.draws[1] * 1e6)}`,
      currentCpu: 1,
      maxCpu: 2,
      currentMemoryKib: GIB_IN_KIB / 2,
      maxMemoryKib: GIB_IN_KIB,
      disks: [],
      nics: [],
      cpuBaselineXml: '',
      mark: { vmid: '', operation: '', epoch: 0 },
    };
    // A host that loses its power while it starts one has none.
    world.datacenter.faults.createByHand(host, definition, fault.draws[2] < 0.3).catch(() => {});
    return undefined;
  },
  'database-unavailable': ({ world }) => {
    world.database.down = true;
    return () => {
      world.database.down = false;
    };
  },
  'database-cut-from-leader': ({ world }) => {
    const name = world.leader?.name;
    if (name === undefined) return undefined;
    world.database.cutFrom.add(name);
    return () => world.database.cutFrom.delete(name);
  },
  'database-loses-commit': ({ world, fault }) => {
    world.database.commitsToLose += 1 + Math.floor(fault.draws[1] * 2);
    return undefined;
  },
  'database-slow': ({ world, fault }) => {
    world.database.mostMs = fault.draws[1] * 3_000;
    return () => {
      world.database.mostMs = 2;
    };
  },
};
