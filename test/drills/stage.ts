// Where one run of a drill plays: it starts what the drill asks for, keeps what is said, tells inject, expect and seen as
// they come, and in the end takes everything down again.

import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SeededRandom } from '../../src/hypervisor/simulated/random.js';
import { type PostgresServer, startPostgres } from '../postgres.js';
import { type PlainClient, plainClient } from './client.js';
import type { Drill } from './drill.js';
import { Replica } from './replica.js';

export interface RunOptions {
  readonly seed: number;
  /** As --minutes says; undefined: as the drill does. */
  readonly minutes: number | undefined;
  /** The bug that is put in. */
  readonly plant: string | undefined;
  /** Told each line of the report. */
  readonly say: (line: string) => void;
}

export interface ReplicaOptions {
  readonly environment: Readonly<Record<string, string>>;
  /** Postgres; undefined: an embedded database in its directory. */
  readonly databaseUrl?: string;
  /** Default: one of its own, by its name. */
  readonly dataDir?: string;
  /** One of sabotages.ts, which is put into it. */
  readonly sabotage?: string;
}

export interface ReplicasOptions {
  readonly databaseUrl: string;
  /** Default: hosts that each replica simulates for itself, of which only the leader's have guests. */
  readonly environment?: Readonly<Record<string, string>>;
  readonly sabotage?: string | undefined;
}

export interface Check {
  readonly expected: string;
  readonly holds: boolean;
  readonly seen: string;
}

/** Of hosts that each process simulates. */
export const SIMULATED: Readonly<Record<string, string>> = { VIRTDC_LIBVIRT_URI: 'sim://{hostname}' };

const SABOTAGED_ENTRY = 'test/drills/sabotaged-service.ts';

export class Stage {
  readonly checks: Check[] = [];
  readonly random: SeededRandom;
  readonly seed: number;
  private readonly undoings: (() => Promise<void>)[] = [];
  private database: PostgresServer | undefined;

  private constructor(
    private readonly drill: Drill,
    private readonly options: RunOptions,
    /** Logs, histories and data of this run. */
    readonly directory: string,
  ) {
    this.seed = options.seed;
    this.random = new SeededRandom(options.seed);
  }

  static async open(drill: Drill, options: RunOptions): Promise<Stage> {
    const directory = await mkdtemp(join(tmpdir(), `virtdc-drill-${drill.name.toLowerCase()}-`));
    return new Stage(drill, options, directory);
  }

  /** How long the load goes on, ms. */
  get loadMs(): number {
    return (this.options.minutes ?? this.drill.minutes ?? 1) * 60_000;
  }

  planted(name: string): boolean {
    if (!(name in this.drill.plants)) throw new Error(`${this.drill.name} has no plant ${name}`);
    return this.options.plant === name;
  }

  /** Tells what is done to virtdc now. */
  inject(what: string): void {
    this.options.say(`  inject  ${what}`);
  }

  /** Tells what there is to know besides. */
  seen(what: string): void {
    this.options.say(`  seen    ${what}`);
  }

  /** Whether what is expected was seen; the drill goes on either way, and fails if it was not. */
  check(expected: string, holds: boolean, seen: string): void {
    this.checks.push({ expected, holds, seen });
    this.options.say(`  ${holds ? 'ok    ' : 'FAILED'}  ${expected}: ${seen}`);
  }

  /** Is done when the stage is taken down, the last one first. */
  later(undo: () => Promise<void> | void): void {
    this.undoings.push(async () => undo());
  }

  file(name: string): string {
    return join(this.directory, name);
  }

  /** A Postgres cluster of this stage's own; the same one each time. */
  async postgres(): Promise<PostgresServer> {
    if (this.database === undefined) {
      const server = await startPostgres();
      this.later(() => server.end());
      this.database = server;
    }
    return this.database;
  }

  /** A virtdc that is not started yet. Ended with the stage. */
  async replica(name: string, options: ReplicaOptions): Promise<Replica> {
    const { environment, databaseUrl, dataDir = this.file(name), sabotage } = options;
    await mkdir(dataDir, { recursive: true });
    const replica = await Replica.of({
      name,
      dataDir,
      logFile: this.file(`${name}.log`),
      environment: {
        ...environment,
        ...(databaseUrl === undefined ? {} : { VIRTDC_DATABASE_URL: databaseUrl }),
        ...(sabotage === undefined ? {} : { VIRTDC_TEST_SABOTAGE: sabotage }),
      },
      ...(sabotage === undefined ? {} : { entry: SABOTAGED_ENTRY }),
    });
    this.later(() => replica.end());
    return replica;
  }

  /** Several over one Postgres, started one after another: the first one leads. */
  async replicas(count: number, options: ReplicasOptions): Promise<Replica[]> {
    const { databaseUrl, environment = SIMULATED, sabotage } = options;
    const replicas: Replica[] = [];
    for (let number = 1; number <= count; number++) {
      const plant = sabotage === undefined ? {} : { sabotage };
      const replica = await this.replica(`virtdc-${number}`, { environment, databaseUrl, ...plant });
      await replica.start();
      replicas.push(replica);
    }
    return replicas;
  }

  /** A client that repeats nothing by itself. Closed with the stage. */
  client(address: string): PlainClient {
    const client = plainClient(address);
    this.later(() => client.close());
    return client;
  }

  /** Takes everything down; the directory stays where there is something to look into. */
  async close(keep: boolean): Promise<void> {
    for (const undo of this.undoings.splice(0).reverse()) {
      await undo().catch((error: unknown) => this.options.say(`  (taking down: ${String(error)})`));
    }
    if (!keep) await rm(this.directory, { recursive: true, force: true });
  }
}
