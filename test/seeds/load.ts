// Clients: each act of the plan becomes requests to whoever leads, tried again with their request ids when no answer comes.

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { type Answer, InternalError, UnavailableError } from '../../src/authority/authority.js';
import type { Command } from '../../src/fleet/decision.js';
import { Acts, type Asked } from './acts.js';
import { ADOPTER, type Oracle } from './oracle.js';
import type { Act } from './plan.js';
import type { World } from './world.js';

const TRIES = 8;

interface Request {
  readonly id: string;
  readonly act: Act;
  readonly command: Command<unknown>;
}

export class Load {
  private readonly acts: Acts;
  private readonly open = new Set<Promise<void>>();

  constructor(
    private readonly world: World,
    oracle: Oracle,
  ) {
    this.acts = new Acts(world, oracle);
  }

  begin(act: Act, index: number): void {
    for (const [place, asked] of this.acts.of(act).entries()) {
      const done: Promise<void> = this.ask(act, `act-${index}-${place}`, asked)
        .catch((error: unknown) => this.world.threw(error))
        .finally(() => this.open.delete(done));
      this.open.add(done);
    }
  }

  async ended(): Promise<void> {
    while (this.open.size > 0) await Promise.all(this.open);
  }

  private async ask(act: Act, id: string, { command, poison, next = [] }: Asked): Promise<void> {
    if (poison === true) return this.poison({ act, id, command });
    const requests = [this.request({ act, id, command })];
    if (act.twice && act.requestId) requests.push(this.request({ act, id, command }));
    const [first, second] = await Promise.all(requests);
    this.compare(act, first, second);
    if (first?.accepted !== true) return;
    for (const [place, command] of next.entries()) await this.request({ act, id: `${id}-${place}`, command });
  }

  /** undefined: no answer came. */
  private async request(request: Request): Promise<Answer<unknown> | undefined> {
    const { act, id, command } = request;
    const payloadHash = createHash('sha256').update(`${this.world.seed} ${id}`).digest('hex');
    const principal = act.kind === 'adopt' ? ADOPTER : 'client';
    const identified = act.requestId ? { request: { id, payloadHash } } : {};
    let first: Answer<unknown> | undefined;
    for (let attempt = 1; attempt <= TRIES; attempt++) {
      try {
        const answer = await this.world.execute(command, { principal, method: command.name, ...identified });
        this.told(request, answer);
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

  /** What cannot be stored is answered as a fault of the service's own, if anything is answered. */
  private async poison({ command }: Request): Promise<void> {
    try {
      const answer = await this.world.execute(command, { principal: 'client', method: command.name });
      if (answer.revision > 0 && answer.accepted)
        this.world.violate(`what cannot be stored was accepted at ${answer.revision}`);
    } catch (error) {
      if (error instanceof InternalError) this.world.tally.count('poisoned decisions refused');
      else if (!(error instanceof UnavailableError)) throw error;
    }
  }

  private told({ act, id }: Request, answer: Answer<unknown>): void {
    const how = answer.accepted ? `accepted${answer.replayed ? ' again' : ''}` : `refused: ${answer.refusal.reason}`;
    this.world.trace.note(`${id} ${act.kind} ${how} at ${answer.revision}`);
    this.world.tally.count(`requests ${answer.accepted ? (answer.replayed ? 'replayed' : 'accepted') : 'refused'}`);
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
