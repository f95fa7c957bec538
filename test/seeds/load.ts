// Clients: each act of the plan becomes a request to whoever leads, tried again with its request id when no answer comes.

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Answer, UnavailableError } from '../../src/authority/authority.js';
import { adoptGuests } from '../../src/commands/adopt-guests.js';
import { cancelOperation } from '../../src/commands/cancel-operation.js';
import { cordonHost } from '../../src/commands/cordon-host.js';
import { migrateGuest } from '../../src/commands/migrate-guest.js';
import { pauseGuest } from '../../src/commands/pause-guest.js';
import { rebootGuest } from '../../src/commands/reboot-guest.js';
import { resumeGuest } from '../../src/commands/resume-guest.js';
import { scaleCpu } from '../../src/commands/scale-cpu.js';
import { scaleMemory } from '../../src/commands/scale-memory.js';
import { startGuest } from '../../src/commands/start-guest.js';
import { stopGuest } from '../../src/commands/stop-guest.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import { uncordonHost } from '../../src/commands/uncordon-host.js';
import type { Command } from '../../src/fleet/decision.js';
import type { Guest } from '../../src/fleet/guest.js';
import { isOpen } from '../../src/fleet/operation.js';
import { observe } from '../../src/hypervisor/simulated/domain.js';
import { PLAIN_MOVE } from '../commands/decide.js';
import { submission } from '../commands/requests.js';
import { choose } from './faults.js';
import { ADOPTER, type Oracle } from './oracle.js';
import type { Act, ActKind } from './plan.js';
import { HOSTS, POOLS, type World } from './world.js';

const GIB_IN_KIB = 1024 * 1024;
const TRIES = 8;

interface Target {
  readonly guest: Guest;
  readonly draws: Act['draws'];
}

type OnOneGuest = (target: Target) => Command<unknown>;

const on = ({ guest }: Target) => ({ vmid: guest.vmid, expectedRevision: 0 });

const ON_GUEST: Partial<Record<ActKind, OnOneGuest>> = {
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
    migrateGuest({
      ...on(target),
      sourceHost: '',
      destHost: target.draws[1] < 0.5 ? '' : (choose(HOSTS, target.draws[2]) ?? ''),
      policy: target.draws[1] > 0.9 ? { completionTimeoutS: 2 } : {},
      facts: PLAIN_MOVE,
    }),
  pause: (target) => pauseGuest(on(target)),
  resume: (target) => resumeGuest(on(target)),
  stop: (target) =>
    stopGuest({ ...on(target), force: target.draws[1] < 0.5, graceS: Math.floor(target.draws[2] * 10) }),
  start: (target) => startGuest(on(target)),
  reboot: (target) => rebootGuest({ ...on(target), force: target.draws[1] < 0.5 }),
  terminate: (target) => terminateGuest(on(target)),
};

/** States in which an act on a guest is worth asking for; sometimes it is asked for all the same. */
const WORTH: Partial<Record<ActKind, readonly Guest['state'][]>> = {
  resume: ['PAUSED'],
  start: ['STOPPED', 'LOST'],
};

export class Load {
  private made = 0;
  private readonly open = new Set<Promise<void>>();
  accepted = 0;
  refused = 0;

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
  ) {}

  begin(act: Act, index: number): void {
    const command = this.commandOf(act);
    if (command === undefined) return;
    const requests = [this.request(act, index, command)];
    if (act.twice && act.requestId) requests.push(this.request(act, index, command));
    const done = Promise.all(requests).then(([first, second]) => {
      this.compare(act, first, second);
      this.open.delete(done);
    });
    this.open.add(done);
  }

  async ended(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  private commandOf({ kind, draws }: Act): Command<unknown> | undefined {
    const { fleet } = this.oracle;
    if (kind === 'submit') return this.submission(draws);
    if (kind === 'adopt') return this.adoption(draws);
    const host = { hostname: choose(HOSTS, draws[0]) ?? '', expectedRevision: 0 };
    if (kind === 'cordon') return cordonHost(host);
    if (kind === 'uncordon') return uncordonHost(host);
    if (kind === 'cancel') {
      const open = [...fleet.all('operation')].filter(isOpen);
      const operation = choose(open, draws[0])?.name;
      return operation === undefined ? undefined : cancelOperation({ operation });
    }
    const all = [...fleet.all('guest')];
    const worth = all.filter((guest) => WORTH[kind]?.includes(guest.state) ?? true);
    const guest = choose(worth.length > 0 ? worth : all, draws[0]);
    return guest === undefined ? undefined : ON_GUEST[kind]?.({ guest, draws });
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
        baseGuest: 'base',
        pool: choose(POOLS, (first * 7 + third * 3) % 1) ?? '',
        restartPolicy: second < 0.2 ? 'WITH_HOST' : 'NEVER',
      }),
    );
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

  /** undefined: no answer came. */
  private async request(act: Act, index: number, command: Command<unknown>): Promise<Answer<unknown> | undefined> {
    const id = `act-${index}`;
    const payloadHash = createHash('sha256').update(`${this.world.seed} ${index}`).digest('hex');
    const principal = act.kind === 'adopt' ? ADOPTER : 'client';
    const request = act.requestId ? { request: { id, payloadHash } } : {};
    let first: Answer<unknown> | undefined;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        const answer = await this.world.execute(command, { principal, method: command.name, ...request });
        this.told(act, index, answer);
        if (first !== undefined) return this.compare(act, first, answer);
        // Some did not hear the answer, and ask again.
        if (!act.requestId || act.draws[2] > 0.3 || !answer.accepted) return answer;
        first = answer;
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        // Without a request id nobody knows whether it was done, so it is not asked for twice.
        if (!act.requestId && this.world.leader !== undefined) return undefined;
      }
      await this.world.clock.sleep(1_000 + 500 * attempt);
    }
    return undefined;
  }

  private told(act: Act, index: number, answer: Answer<unknown>): void {
    const how = answer.accepted ? `accepted${answer.replayed ? ' again' : ''}` : `refused: ${answer.refusal.reason}`;
    this.world.trace.note(`act ${index} ${act.kind} ${how} at ${answer.revision}`);
    if (answer.accepted) this.accepted++;
    else this.refused++;
  }

  /** A request that was accepted is answered the same for ever. */
  private compare<A extends Answer<unknown>>(act: Act, first: A | undefined, second: A | undefined): A | undefined {
    if (first?.accepted && second?.accepted) {
      const same = first.revision === second.revision && isDeepStrictEqual(first.result, second.result);
      if (!same) this.world.violate(`${act.kind} was answered in two ways: ${JSON.stringify([first, second])}`);
    }
    return first;
  }
}
