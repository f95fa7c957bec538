// What outlives every process of a run: the time, the database, the hosts, the trace. Starts processes and has them followed
// by others when they die.

import type { Answer, Caller } from '../../src/authority/authority.js';
import { UnavailableError } from '../../src/authority/authority.js';
import { VirtualClock } from '../../src/clock/virtual.js';
import type { Command } from '../../src/fleet/decision.js';
import { SimulatedDatacenter } from '../../src/hypervisor/simulated/datacenter.js';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { type Interference, type InventoryCall, MemoryDatabase } from '../../src/inventory/memory.js';
import { renderDomain } from '../../src/xml/domain.js';
import { Process } from './process.js';
import { Trace } from './trace.js';

const GIB_IN_KIB = 1024 * 1024;

export const HOSTS = ['a', 'b', 'c'] as const;
export const POOLS = ['local', 'shared', 'locked'] as const;
/** Name of the service on the network. */
export const CLIENT = 'virtdc';

const CHANGING = new Set([
  ...['create', 'start', 'setAutostart', 'undefine', 'destroy', 'shutdown', 'reboot', 'suspend', 'resume'],
  ...['setPluggedCpu', 'setOnlineCpu', 'setMemory', 'migrate', 'abortJob', 'createVolume', 'deleteVolume'],
]);

export class World {
  readonly clock = new VirtualClock();
  readonly trace: Trace;
  readonly datacenter: SimulatedDatacenter;
  readonly database = new MemoryDatabase(this.clock);
  /** Draws what is drawn while the run goes on; the plan was drawn before. */
  readonly random: SeededRandom;
  readonly processes: Process[] = [];
  /** One that keeps its data to itself is back at once; one of several waits for the lease of the one before. */
  readonly embedded: boolean;
  violation: string | undefined;
  databaseIsDown = false;
  databaseMostMs = 2;
  commitsToLose = 0;
  private started = 0;

  constructor(
    readonly seed: number,
    printing = false,
  ) {
    this.trace = new Trace(this.clock, printing);
    this.random = new SeededRandom(seed ^ 0x5eed);
    this.embedded = seed % 2 === 0;
    const pool = (name: string, kind: 'LOCAL' | 'SHARED') => {
      return { name, kind, path: `/pools/${name}`, capacityKib: 500 * GIB_IN_KIB };
    };
    this.datacenter = new SimulatedDatacenter({
      clock: this.clock,
      seed,
      render: renderDomain,
      durations: { leastLatencyMs: 0.2, mostLatencyMs: 5 },
      host: {
        cpu: 12,
        memoryKib: 12 * GIB_IN_KIB,
        linkMibPerS: 80,
        cpuUnplug: seed % 3 !== 0,
        pools: [pool('local', 'LOCAL'), pool('shared', 'SHARED'), pool('locked', 'SHARED')],
      },
    });
    for (const host of HOSTS) this.datacenter.host(host);
  }

  violate(what: string): void {
    if (this.violation !== undefined) return;
    this.violation = `at ${(this.clock.monotonicMs() / 1000).toFixed(2)} s: ${what}`;
    this.trace.note(`VIOLATION ${what}`);
  }

  start(): Process {
    this.started++;
    const { clock, database, trace, started } = this;
    const name = this.embedded ? 'embedded' : `p${started}`;
    const process = new Process({
      name,
      idSeed: this.seed * 1_000 + started,
      clock,
      inventory: database.connect((call) => this.interfere(call)),
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
    return process;
  }

  /** Somebody starts it again, unless another stands by. */
  private succeed(dead: Process): void {
    this.trace.note(`process ${dead.name} died`);
    this.processes.splice(this.processes.indexOf(dead), 1);
    if (this.processes.length === 0) this.clock.after(this.random.between(50, 3_000), () => this.start());
  }

  get leader(): Process | undefined {
    return this.processes.find((process) => process.leads);
  }

  /** A deposed leader starts nothing: whoever acts has the lease, or nobody has. */
  private calling(process: Process, hostname: string, method: string): void {
    if (!CHANGING.has(method)) return;
    const { holder, endsAtMs } = this.database.lease;
    if (holder !== process.name && endsAtMs > this.clock.monotonicMs()) {
      this.violate(`${process.name} sends ${method} to ${hostname} while ${holder} leads`);
    }
  }

  /** As a caller who reached the leader, if there is one; the connection ends with the process. */
  async execute<R>(command: Command<R>, caller: Caller): Promise<Answer<R>> {
    const { leader } = this;
    if (leader === undefined) throw new UnavailableError('nobody leads');
    const died = leader.life.died.then((): never => {
      throw new UnavailableError('the process died');
    });
    const answer = await Promise.race([leader.authority.execute(command, caller), died]);
    if (answer.accepted && answer.revision > this.database.lastRevision) {
      this.violate(`${caller.method} was answered with revision ${answer.revision} before that was committed`);
    }
    return answer;
  }

  private interfere(call: InventoryCall): Interference {
    const delayMs = this.random.between(0.1, this.databaseMostMs);
    if (this.databaseIsDown) return { delayMs, error: 'UNAVAILABLE' };
    if (call !== 'commit' || this.commitsToLose === 0) return { delayMs };
    this.commitsToLose--;
    const done = this.random.next() < 0.5;
    this.trace.note(`the answer to a commit is lost, ${done ? 'done' : 'not done'}`);
    return { delayMs, error: 'UNKNOWN_OUTCOME', done };
  }

  /** Nothing goes wrong any more. */
  mend(): void {
    const { faults } = this.datacenter;
    this.databaseIsDown = false;
    this.databaseMostMs = 2;
    this.commitsToLose = 0;
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
