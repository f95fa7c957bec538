// virtdc as a process of its own that a drill may kill, freeze, thaw and start again: at the same address, over the same
// data, with everything it says kept in a file.

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { createServer } from 'node:net';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));
const READY_DEADLINE_MS = 60_000;
const STOP_DEADLINE_MS = 60_000;

export interface ReplicaSettings {
  readonly name: string;
  readonly dataDir: string;
  readonly logFile: string;
  /** Settings of the service, beyond its addresses and its directory. */
  readonly environment: Readonly<Record<string, string>>;
  /** What is run in place of the service's own entry: a sabotaged one. */
  readonly entry?: string;
}

export interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export class Replica {
  private child: ChildProcess | undefined;
  private ended: Promise<Exit> = Promise.resolve({ code: null, signal: null });

  private constructor(
    private readonly settings: ReplicaSettings,
    readonly address: string,
    readonly httpAddress: string,
  ) {}

  static async of(settings: ReplicaSettings): Promise<Replica> {
    const [grpc, http] = await freePorts(2);
    return new Replica(settings, `127.0.0.1:${grpc}`, `127.0.0.1:${http}`);
  }

  get name(): string {
    return this.settings.name;
  }

  get dataDir(): string {
    return this.settings.dataDir;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** How it ended, once it has; the last one's while none runs. */
  get exit(): Promise<Exit> {
    return this.ended;
  }

  /** Resolves once it says that it serves; rejects with what it said if it ends before. */
  async start(more: Readonly<Record<string, string>> = {}): Promise<void> {
    this.launch(more);
    await this.ready();
  }

  /** Begins to start; ready() tells how that went. */
  launch(more: Readonly<Record<string, string>> = {}): void {
    if (this.child !== undefined) throw new Error(`${this.name} runs already`);
    const { entry = 'src/main.ts', environment, dataDir, logFile } = this.settings;
    const child = spawn('node', ['--import', 'tsx', entry], {
      cwd: ROOT,
      env: {
        PATH: process.env.PATH,
        HOME: process.env.HOME,
        VIRTDC_LISTEN: this.address,
        VIRTDC_HTTP_LISTEN: this.httpAddress,
        VIRTDC_DATA_DIR: dataDir,
        ...environment,
        ...more,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const log = createWriteStream(logFile, { flags: 'a' });
    log.write(`--- ${this.name} starts at ${new Date().toISOString()} as process ${child.pid}\n`);
    child.stdout.pipe(log, { end: false });
    child.stderr.pipe(log, { end: false });
    this.child = child;
    this.ended = once(child, 'close').then(([code, signal]) => {
      log.end(`--- ${this.name} ended at ${new Date().toISOString()}: ${signal ?? code}\n`);
      if (this.child === child) this.child = undefined;
      return { code, signal };
    });
  }

  /** Resolves once what was launched serves. */
  async ready(deadlineMs = READY_DEADLINE_MS): Promise<void> {
    const { child } = this;
    if (child === undefined) throw new Error(`${this.name} does not run`);
    let said = '';
    let heard: (chunk: unknown) => void = () => undefined;
    let timer: NodeJS.Timeout | undefined;
    try {
      await new Promise<void>((resolve, reject) => {
        heard = (chunk) => {
          said += String(chunk);
          if (/serves gRPC on \S+/.test(said)) resolve();
        };
        child.stderr?.on('data', heard);
        void this.ended.then(({ code, signal }) => reject(new ReplicaEnded(this.name, code, signal, said)));
        timer = setTimeout(() => reject(new Error(`${this.name} was not ready after ${deadlineMs} ms`)), deadlineMs);
      });
    } finally {
      clearTimeout(timer);
      child.stderr?.off('data', heard);
    }
  }

  signal(signal: NodeJS.Signals): void {
    if (this.child === undefined) throw new Error(`${this.name} does not run`);
    this.child.kill(signal);
  }

  /** kill -9; resolves when it is gone. */
  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  freeze(): void {
    this.signal('SIGSTOP');
  }

  thaw(): void {
    this.signal('SIGCONT');
  }

  /** Tells it to stop; how it ended. */
  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return await this.ended;
  }

  /** Whatever state it is in, it ends: by its own doing if it can, for which it has a minute. */
  async end(): Promise<void> {
    const { child } = this;
    if (child === undefined) return;
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    const late = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
    await this.ended;
    clearTimeout(late);
  }
}

/** It ended before it served. */
export class ReplicaEnded extends Error {
  override readonly name = 'ReplicaEnded';

  constructor(
    replica: string,
    readonly code: number | null,
    readonly signal: NodeJS.Signals | null,
    /** What it wrote to its standard error. */
    readonly said: string,
  ) {
    super(`${replica} ended with ${signal ?? code} before it served: ${said}`);
  }
}

/** Loopback ports that were free a moment ago, all different. */
export async function freePorts(count: number): Promise<number[]> {
  const probes = Array.from({ length: count }, () => createServer().listen(0, '127.0.0.1'));
  await Promise.all(probes.map((probe) => once(probe, 'listening')));
  const ports = probes.map((probe) => {
    const address = probe.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return address.port;
  });
  await Promise.all(
    probes.map(async (probe) => {
      probe.close();
      await once(probe, 'close');
    }),
  );
  return ports;
}
