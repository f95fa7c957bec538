// A mixed load: clients that submit, scale, move, stop, start and remove guests, each its own, with a request id for all
// they ask and a memory of all they were promised.

import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { isEnded } from '../../src/client/wait.js';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { attempt, type CallOptions, type Outcome } from './attempts.js';
import { type PlainClient, plainClient } from './client.js';
import { History } from './history.js';
import type { Hosts } from './hosts.js';
import type { Stage } from './stage.js';

const DEFAULT_CLIENTS = 20;
const GUESTS_EACH = 2;
const POLL_S = 5;
const THINK_MS = 100;
/** What guests are given to shut down. */
export const GRACE_S = 5;

export interface LoadOptions {
  readonly hosts: Hosts;
  /** Where calls go: each client to one of them, and to the next one when it gets no answer. */
  readonly addresses: readonly string[];
  readonly clients?: number;
  readonly guestsEach?: number;
  /** Names of guests begin with it; default g. */
  readonly prefix?: string;
  /** Most time between two requests of one client, ms. Default 100. */
  readonly thinkMs?: number;
}

/** What a client was promised about a guest. */
export interface Promised {
  readonly vmid: string;
  readonly submit: { readonly requestId: string; readonly operation: string };
  /** Its end as far as it was heard. */
  submitState?: string;
  terminate?: { readonly requestId: string; readonly operation: string | undefined };
}

/** A mutation that was answered, so that it can be asked for again. */
export interface Answered {
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly operation: string;
  again(client: PlainClient): Promise<string>;
}

type Mutation = 'submit' | 'scale-cpu' | 'scale-memory' | 'migrate' | 'stop' | 'start' | 'reboot' | 'terminate';

interface Asked {
  readonly operation?: Operation | undefined;
}

/** Begins at once. */
export function startLoad(stage: Stage, options: LoadOptions): Load {
  const load = new Load(stage, options);
  stage.later(() => load.stop());
  return load;
}

export class Load {
  readonly history: History;
  /** By vmid. A guest whose submit got no answer to the end is not here. */
  readonly promised = new Map<string, Promised>();
  /** Guests of whom nobody can say whether they were submitted, or removed. */
  readonly doubtful = new Set<string>();
  readonly answered: Answered[] = [];
  private readonly ending = new AbortController();
  private readonly running: Promise<unknown>;
  private stopped: Promise<void> | undefined;

  constructor(stage: Stage, options: LoadOptions) {
    this.history = new History(stage.file('history.jsonl'));
    const { clients = DEFAULT_CLIENTS } = options;
    const lives = Array.from({ length: clients }, (_, index) =>
      new LoadClient(this, options, index, new SeededRandom(stage.seed * 1_000 + index), this.ending.signal).run(),
    );
    this.running = Promise.all(lives);
  }

  /** Requests that were begun are carried to their end first. */
  stop(): Promise<void> {
    this.stopped ??= this.finish();
    return this.stopped;
  }

  /** Lets it go on for so long; rejects at once if a client fails. */
  async goOn(ms: number): Promise<void> {
    const timer = new AbortController();
    await Promise.race([this.running, sleep(ms, undefined, { signal: timer.signal })]);
    timer.abort();
  }

  /** How often each outcome was had: OK, or a code with its reason. */
  outcomes(): Map<string, number> {
    const counts = new Map<string, number>();
    for (const { result, code } of this.history.lines) {
      const name = result === 'unknown' ? `${code} (asked again)` : [result.code, result.reason].join(' ').trimEnd();
      counts.set(name, (counts.get(name) ?? 0) + 1);
    }
    return counts;
  }

  private async finish(): Promise<void> {
    this.ending.abort();
    try {
      await this.running;
    } finally {
      await this.history.close();
    }
  }
}

class LoadClient {
  private readonly name: string;
  private readonly connections: PlainClient[];
  private readonly mine: string[] = [];
  private made = 0;
  private asked = 0;

  constructor(
    private readonly load: Load,
    private readonly options: LoadOptions,
    index: number,
    private readonly random: SeededRandom,
    private readonly ending: AbortSignal,
  ) {
    this.name = `c${index + 1}`;
    const { addresses } = options;
    this.connections = addresses.map((_, offset) => plainClient(addresses[(index + offset) % addresses.length] ?? ''));
  }

  async run(): Promise<void> {
    const { guestsEach = GUESTS_EACH, thinkMs = THINK_MS } = this.options;
    try {
      while (!this.ending.aborted) {
        await this.act(this.mine.length < guestsEach ? 'submit' : this.choice());
        await sleep(this.random.between(0, thinkMs));
      }
    } finally {
      for (const connection of this.connections) connection.close();
    }
  }

  private choice(): Mutation | 'list' {
    const shares: readonly (readonly [Mutation | 'list', number])[] = [
      ['scale-cpu', 4],
      ['scale-memory', 3],
      ['migrate', 3],
      ['stop', 2],
      ['start', 2],
      ['reboot', 1],
      ['terminate', 4],
      ['list', 2],
    ];
    let at = this.random.next() * shares.reduce((sum, [, share]) => sum + share, 0);
    for (const [act, share] of shares) {
      at -= share;
      if (at < 0) return act;
    }
    return 'list';
  }

  private async act(act: Mutation | 'list'): Promise<void> {
    if (act === 'list') return await this.list();
    if (act === 'submit') return await this.submit();
    const vmid = this.mine[Math.floor(this.random.next() * this.mine.length)];
    if (vmid === undefined) return;
    if (act === 'terminate') return await this.terminate(vmid);
    const draw = this.random.next();
    const most = Number(this.options.hosts.submission(vmid).memoryKib);
    const args: Record<Exclude<Mutation, 'submit' | 'terminate'>, Record<string, unknown>> = {
      'scale-cpu': { vmid, cpu: 1 + Math.floor(draw * 2) },
      'scale-memory': { vmid, memoryKib: BigInt(Math.round((0.75 + draw / 4) * most)) },
      migrate: { vmid },
      stop: { vmid, force: draw < 0.5, graceS: GRACE_S },
      start: { vmid },
      reboot: { vmid, force: true },
    };
    const outcome = await this.mutate(act, args[act]);
    if (outcome.is === 'answered') await this.ended(outcome.answer.operation?.name);
  }

  private async submit(): Promise<void> {
    const { prefix = 'g' } = this.options;
    const vmid = `${prefix}-${this.name}-${++this.made}`;
    const outcome = await this.mutate('submit', this.options.hosts.submission(vmid));
    if (outcome.is === 'unknown') this.load.doubtful.add(vmid);
    if (outcome.is !== 'answered') return;
    const promised: Promised = {
      vmid,
      submit: { requestId: outcome.requestId, operation: outcome.answer.operation?.name ?? '' },
    };
    this.load.promised.set(vmid, promised);
    this.mine.push(vmid);
    const end = await this.ended(promised.submit.operation);
    if (end === undefined) return;
    promised.submitState = end.state;
    if (end.state !== 'OPERATION_STATE_SUCCEEDED') this.forget(vmid);
  }

  private async terminate(vmid: string): Promise<void> {
    const outcome = await this.mutate('terminate', { vmid });
    const promised = this.load.promised.get(vmid);
    if (outcome.is === 'unknown') this.load.doubtful.add(vmid);
    if (outcome.is === 'refused' || promised === undefined) return;
    const operation = outcome.is === 'answered' ? outcome.answer.operation?.name : undefined;
    promised.terminate = { requestId: outcome.requestId, operation };
    this.forget(vmid);
    await this.ended(operation);
  }

  private forget(vmid: string): void {
    this.mine.splice(this.mine.indexOf(vmid), 1);
  }

  private async list(): Promise<void> {
    await attempt(
      this.load.history,
      {
        client: this.name,
        op: 'list',
        args: {},
        call: (options, number) => this.connection(number).guests.listGuests({ pageSize: 1_000 }, options),
        told: ({ guests, revision }) => ({ guests: guests.length, revision }),
      },
      { signal: this.ending },
    );
  }

  private async mutate(op: Mutation, args: Record<string, unknown>): Promise<Outcome<Asked> & { requestId: string }> {
    const requestId = `${this.name}-${++this.asked}`;
    const request = { ...args, requestId };
    const outcome = await attempt<Asked>(
      this.load.history,
      {
        client: this.name,
        op,
        args: request,
        call: (options, number) => call(this.connection(number), op, request, options),
        told: ({ operation }) => ({ operation: operation?.name }),
      },
      { signal: this.ending },
    );
    if (outcome.is === 'answered') {
      this.load.answered.push({
        op,
        args: request,
        operation: outcome.answer.operation?.name ?? '',
        again: async (client) => {
          const options = { signal: AbortSignal.timeout(10_000) };
          return (await call(client, op, request, options)).operation?.name ?? '';
        },
      });
    }
    return { ...outcome, requestId };
  }

  /** Waits until it has ended; undefined if the load ends before. */
  private async ended(operation: string | undefined): Promise<Operation | undefined> {
    for (let number = 0; operation !== undefined && !this.ending.aborted; number++) {
      const outcome = await attempt(
        this.load.history,
        {
          client: this.name,
          op: 'wait',
          args: { operation },
          call: (options) =>
            this.connection(number).operations.waitOperation({ name: operation, timeoutS: POLL_S }, options),
          told: ({ operation: now }) => ({ state: now?.state, step: now?.step, error: now?.error?.reason }),
        },
        { signal: this.ending },
      );
      if (outcome.is !== 'answered') return undefined;
      const { operation: now } = outcome.answer;
      if (now !== undefined && isEnded(now)) return now;
    }
    return undefined;
  }

  private connection(attempt: number): PlainClient {
    return this.connections[attempt % this.connections.length] as PlainClient;
  }
}

function call(client: PlainClient, op: Mutation, args: Record<string, unknown>, options: CallOptions): Promise<Asked> {
  switch (op) {
    case 'submit':
      return client.placement.submitGuest(args, options);
    case 'terminate':
      return client.placement.terminateGuest(args, options);
    case 'scale-cpu':
      return client.scaling.scaleCpu(args, options);
    case 'scale-memory':
      return client.scaling.scaleMemory(args, options);
    case 'migrate':
      return client.migration.migrateGuest(args, options);
    case 'stop':
      return client.guests.stopGuest(args, options);
    case 'start':
      return client.guests.startGuest(args, options);
    case 'reboot':
      return client.guests.rebootGuest(args, options);
  }
}
