// What outlives every process of a run: the time, the database, the hosts, the trace. Starts processes and has them followed
// by others when they die.

import type { Answer, Caller } from '../../src/authority/authority.js';
import { UnavailableError } from '../../src/authority/authority.js';
import { VirtualClock } from '../../src/clock/virtual.js';
import type { Command } from '../../src/fleet/decision.js';
import { SimulatedDatacenter } from '../../src/hypervisor/simulated/datacenter.js';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { LIMITS } from '../../src/limits.js';
import { renderDomain } from '../../src/xml/domain.js';
import { Database } from './database.js';
import { Process } from './process.js';
import { Tally } from './tally.js';
import { Trace } from './trace.js';

const GIB_IN_KIB = 1024 * 1024;

export const HOSTS = ['a', 'b', 'c', 'd'] as const;
export const POOLS = ['local', 'shared', 'locked'] as const;
/** Name of the service on the network. */
export const CLIENT = 'virtdc';

export function choose<T>(from: readonly T[], draw: number): T | undefined {
  return from[Math.floor(draw * from.length)];
}

/** What is declared and there of each host; the last one is small enough to be empty now and then. */
export function sizeOf(hostname: string): { readonly cpu: number; readonly memoryKib: number } {
  return hostname === 'd' ? { cpu: 4, memoryKib: 4 * GIB_IN_KIB } : { cpu: 12, memoryKib: 12 * GIB_IN_KIB };
}

const CHANGING = new Set([
  ...['create', 'start', 'setAutostart', 'undefine', 'destroy', 'shutdown', 'reboot', 'suspend', 'resume'],
  ...['setPluggedCpu', 'setOnlineCpu', 'setMemory', 'migrate', 'abortJob', 'startPostcopy'],
  ...['createVolume', 'deleteVolume', 'createSeed'],
]);

export class World {
  readonly clock = new VirtualClock();
  readonly trace: Trace;
  readonly tally = new Tally();
  readonly datacenter: SimulatedDatacenter;
  readonly database: Database;
  /** Draws what is drawn while the run goes on; the plan was drawn before. */
  readonly random: SeededRandom;
  readonly processes: Process[] = [];
  /** One that keeps its data to itself is back at once; of several, one waits for the lease of the other. */
  readonly embedded: boolean;
  violation: string | undefined;
  /** Called back whenever a process calls a host, and again when it has its answer. */
  onCall: (process: Process, method: string) => void = () => {};
  private started = 0;

  constructor(
    readonly seed: number,
    printing = false,
  ) {
    this.trace = new Trace(this.clock, printing);
    this.random = new SeededRandom(seed ^ 0x5eed);
    this.embedded = seed % 3 === 0;
    this.database = new Database(this.clock, this.random, this.trace);
    const pool = (name: string, kind: 'LOCAL' | 'SHARED') => {
      return { name, kind, path: `/pools/${name}`, capacityKib: 500 * GIB_IN_KIB };
    };
    this.datacenter = new SimulatedDatacenter({
      clock: this.clock,
      seed,
      render: renderDomain,
      durations: { leastLatencyMs: 0.2, mostLatencyMs: 5 },
      host: {
        linkMibPerS: 80,
        cpuUnplug: seed % 4 !== 0,
        pools: [pool('local', 'LOCAL'), pool('shared', 'SHARED'), pool('locked', 'SHARED')],
      },
    });
    for (const host of HOSTS) this.datacenter.addHost(host, sizeOf(host));
  }

  violate(what: string): void {
    if (this.violation !== undefined) return;
    this.violation = `at ${(this.clock.monotonicMs() / 1000).toFixed(2)} s: ${what}`;
    this.trace.note(`VIOLATION ${what}`);
  }

  /** Nobody is to throw what he has no name for. */
  threw(error: unknown): void {
    this.violate(`thrown: ${error instanceof Error ? error.stack : String(error)}`);
  }

  /** As many processes as there are to be. */
  startAll(): void {
    this.start();
    if (!this.embedded) this.start();
  }

  private start(): void {
    this.started++;
    const { clock, trace, started } = this;
    const name = this.embedded ? 'embedded' : `p${started}`;
    const process = new Process({
      name,
      idSeed: this.seed * 1_000 + started,
      clock,
      inventory: this.database.connect(name),
      hypervisor: this.datacenter.hypervisor(CLIENT),
      watched: {
        calling: (hostname, method) => this.calling(process, hostname, method),
        called: (hostname, method, outcome) => {
          if (CHANGING.has(method) || outcome !== 'OK') trace.note(`${name} ${hostname}.${method}: ${outcome}`);
        },
      },
    });
    trace.note(`process ${started} (${name}) starts`);
    this.processes.push(process);
    void process.life.died.then(() => this.succeed(process));
  }

  /** Somebody starts it again. */
  private succeed(dead: Process): void {
    this.trace.note(`process ${dead.name} died`);
    this.processes.splice(this.processes.indexOf(dead), 1);
    this.clock.after(this.random.between(50, 3_000), () => this.start());
  }

  get leader(): Process | undefined {
    return this.processes.find((process) => process.leads);
  }

  /** Those that can be read and watched. */
  get serving(): readonly Process[] {
    return this.processes.filter((process) => process.serves);
  }

  /** A deposed leader starts nothing: whoever acts has the lease, or nobody has. */
  private calling(process: Process, hostname: string, method: string): void {
    if (!CHANGING.has(method)) return;
    const { holder, endsAtMs } = this.database.lease;
    if (holder !== process.name && endsAtMs > this.clock.monotonicMs()) {
      this.violate(`${process.name} sends ${method} to ${hostname} while ${holder} leads`);
    }
    this.onCall(process, method);
  }

  /** As a caller who reached one that leads or believes so, if there is one; the connection ends with the process. */
  async execute<R>(command: Command<R>, caller: Caller): Promise<Answer<R>> {
    const leaders = this.processes.filter((process) => process.leads);
    const leader = leaders[Math.floor(this.random.next() * leaders.length)];
    if (leader === undefined) throw new UnavailableError('nobody leads');
    const died = leader.life.died.then((): never => {
      throw new UnavailableError('the process died');
    });
    const answer = await Promise.race([leader.authority.execute(command, caller), died, this.tooLong()]);
    if (answer.accepted && answer.revision > this.database.lastRevision) {
      this.violate(`${caller.method} was answered with revision ${answer.revision} before that was committed`);
    }
    return answer;
  }

  /** Of a process that is stopped nobody hears until it goes on. */
  private async tooLong(): Promise<never> {
    await this.clock.sleep(LIMITS.unaryDeadlineMs);
    throw new UnavailableError('no answer in time');
  }

  /** Nothing goes wrong any more. */
  mend(): void {
    const { faults } = this.datacenter;
    this.database.mend();
    this.onCall = () => {};
    faults.heal();
    for (const host of HOSTS) {
      faults.mendCalls(host);
      faults.powerOn(host);
      faults.thaw(host);
      faults.startDaemon(host);
    }
    for (const process of this.processes) process.life.goOn();
  }
}
