// The race for the last slot, run when all is quiet again: several clients fill one host that alone takes guests, and give
// back some of it, while commits are lost and leaders fall. Their history has to be one that a host with so much room, asked
// one request after the other, could have answered: nothing sold twice, and nobody refused what was free.

import { createHash } from 'node:crypto';
import { UnavailableError } from '../../src/authority/authority.js';
import { cordonHost } from '../../src/commands/cordon-host.js';
import { submitGuest } from '../../src/commands/submit-guest.js';
import { terminateGuest } from '../../src/commands/terminate-guest.js';
import { uncordonHost } from '../../src/commands/uncordon-host.js';
import { claimKey } from '../../src/fleet/claim.js';
import type { Command } from '../../src/fleet/decision.js';
import { allocatable } from '../../src/fleet/host.js';
import { submission } from '../commands/requests.js';
import { type Call, linearize, type RoomInput, type RoomOutput, roomModel } from '../linearizability.js';
import type { Oracle } from './oracle.js';
import type { World } from './world.js';

const CLIENTS = 5;
const ROUNDS = 4;
const TRIES = 30;
const MIB_IN_KIB = 1024;
/** Of which all guests of the race have enough. */
const LEAST_MEMORY_KIB = 5 * 1024 * MIB_IN_KIB;

export class Race {
  private readonly calls: Call<RoomInput, RoomOutput>[] = [];
  private made = 0;

  constructor(
    private readonly world: World,
    private readonly oracle: Oracle,
  ) {}

  async run(): Promise<void> {
    const hostname = this.roomiest();
    if (hostname === undefined) return;
    const { fleet } = this.oracle;
    for (const host of [...fleet.all('host')]) {
      const on = { hostname: host.hostname, expectedRevision: 0 };
      await this.ask(host.hostname === hostname ? uncordonHost(on) : cordonHost(on), `only-${host.hostname}`);
    }
    const free = this.freeCpu(hostname);
    const before = this.othersOn(hostname);
    this.disturb();
    await Promise.all(Array.from({ length: CLIENTS }, () => this.client(hostname)));
    if (this.othersOn(hostname) !== before || this.anyFailed()) return this.world.tally.count('races set aside');
    const { verdict } = linearize(roomModel(free), this.calls);
    this.world.tally.count(`races ${verdict}`);
    if (verdict === 'NOT_LINEARIZABLE') {
      const told = this.calls.map(({ input, output, invokedAt, returnedAt }) => {
        return `${input.act} ${input.amount} ${output ?? 'unknown'} [${invokedAt}, ${returnedAt}]`;
      });
      this.world.violate(`no order explains the race for ${free} vCPUs of ${hostname}: ${told.join('; ')}`);
    }
  }

  /** The host with the most free vCPUs, if there are some, and memory enough. */
  private roomiest(): string | undefined {
    const { fleet } = this.oracle;
    return [...fleet.all('host')]
      .filter((host) => fleet.available(host).memoryKib >= LEAST_MEMORY_KIB && fleet.available(host).cpu > 0)
      .sort((a, b) => fleet.available(b).cpu - fleet.available(a).cpu)[0]?.hostname;
  }

  private freeCpu(hostname: string): number {
    const host = this.oracle.fleet.get('host', hostname);
    return host === undefined ? 0 : allocatable(host).cpu - this.oracle.fleet.claimed(hostname).cpu;
  }

  /** What is held there by guests that are none of the race. */
  private othersOn(hostname: string): number {
    const others = this.oracle.fleet.claimsOn(hostname).filter(({ vmid }) => !vmid.startsWith('race'));
    return others.reduce((sum, { resources }) => sum + resources.cpu, 0);
  }

  /** One that was placed and not made has given its place back at a time that nobody knows. */
  private anyFailed(): boolean {
    return [...this.oracle.fleet.all('operation')].some(
      ({ target, state }) => target.startsWith('race') && state === 'FAILED',
    );
  }

  private disturb(): void {
    const { clock, random, database } = this.world;
    const soon = (): number => random.between(0, 8_000);
    clock.after(soon(), () => {
      database.commitsToLose += 2;
    });
    clock.after(soon(), () => {
      const { leader } = this.world;
      const how = random.next();
      if (how < 0.3) leader?.life.dieAfter(1 + Math.floor(random.next() * 10));
      else if (how < 0.6) {
        leader?.life.stop();
        clock.after(14_000, () => leader?.life.goOn());
      } else if (leader !== undefined) {
        database.cutFrom.add(leader.name);
        clock.after(14_000, () => database.cutFrom.delete(leader.name));
      }
    });
  }

  private async client(hostname: string): Promise<void> {
    const { clock, random } = this.world;
    for (let round = 0; round < ROUNDS; round++) {
      await clock.sleep(random.between(0, 4_000));
      const vmid = `race${++this.made}`;
      const amount = 1 + Math.floor(random.next() * 3);
      const taken = await this.take(vmid, amount);
      if (taken === 'ACCEPTED' && random.next() < 0.5) await this.give(vmid, amount, hostname);
    }
  }

  private async take(vmid: string, amount: number): Promise<RoomOutput | undefined> {
    const invokedAt = this.now();
    const memoryKib = 64 * MIB_IN_KIB;
    const size = { cpu: amount, memoryKib, maxMemoryKib: memoryKib, ioKib: MIB_IN_KIB };
    const answer = await this.ask(submitGuest(submission(vmid, { ...size, baseGuest: 'bare', pool: 'locked' })), vmid);
    if (answer !== undefined && !answer.accepted && answer.refusal.reason !== 'NO_HOST_FITS') {
      this.world.violate(`${vmid} was refused for ${answer.refusal.reason}: ${answer.refusal.message}`);
    }
    const output = answer === undefined ? undefined : answer.accepted ? 'ACCEPTED' : 'NO_ROOM';
    this.calls.push({ input: { act: 'take', amount }, output, invokedAt, returnedAt: this.now() });
    return output;
  }

  /** Its place is free once it was seen to be gone; how soon before is the operation's affair. */
  private async give(vmid: string, amount: number, hostname: string): Promise<void> {
    const invokedAt = this.now();
    await this.ask(terminateGuest({ vmid, expectedRevision: 0 }), `end-${vmid}`);
    const { clock } = this.world;
    const isThere = (): boolean => this.oracle.fleet.get('claim', claimKey(hostname, vmid)) !== undefined;
    for (let waits = 0; isThere() && waits < 300; waits++) await clock.sleep(500);
    this.calls.push({ input: { act: 'give', amount }, output: 'ACCEPTED', invokedAt, returnedAt: this.now() });
  }

  private now(): bigint {
    return BigInt(Math.floor(this.world.clock.monotonicMs() * 1_000));
  }

  /** With a request id, until there is an answer; undefined: there was none for long. */
  private async ask(command: Command<unknown>, id: string) {
    const payloadHash = createHash('sha256').update(id).digest('hex');
    for (let attempt = 0; attempt < TRIES; attempt++) {
      try {
        return await this.world.execute(command, {
          principal: 'racer',
          method: command.name,
          request: { id, payloadHash },
        });
      } catch (error) {
        if (!(error instanceof UnavailableError)) throw error;
        await this.world.clock.sleep(1_000);
      }
    }
    return undefined;
  }
}
