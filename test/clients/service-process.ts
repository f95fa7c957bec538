// The service as its operator runs it: a process of its own on an empty data directory, ended by a signal.

import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../../', import.meta.url));

export interface ServiceProcess {
  readonly pid: number;
  readonly address: string;
  readonly httpAddress: string;
  readonly dataDir: string;
  /** Tells it to stop, and answers its exit code; its data stay. */
  stop(): Promise<number | null>;
  /** Stops it if it runs, and removes its data. */
  end(): Promise<void>;
}

/** Rejects with what it said where it does not start. */
export async function startProcess(
  env: Readonly<Record<string, string>> = {},
  dataDir?: string,
): Promise<ServiceProcess> {
  const directory = dataDir ?? (await mkdtemp(join(tmpdir(), 'virtdc-test-')));
  const child = spawn('node', ['--import', 'tsx', 'src/main.ts'], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH,
      HOME: process.env.HOME,
      VIRTDC_LISTEN: '127.0.0.1:0',
      VIRTDC_HTTP_LISTEN: '127.0.0.1:0',
      VIRTDC_DATA_DIR: directory,
      VIRTDC_LOG_LEVEL: 'error',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exited = new Promise<number | null>((resolve) => child.on('exit', resolve));
  const stop = (): Promise<number | null> => {
    child.kill('SIGTERM');
    return exited;
  };
  const [address, httpAddress] = await listening(child, exited);
  return {
    pid: child.pid ?? 0,
    address,
    httpAddress,
    dataDir: directory,
    stop,
    async end() {
      await stop();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function listening(child: ChildProcess, exited: Promise<number | null>): Promise<readonly [string, string]> {
  let said = '';
  return new Promise((resolve, reject) => {
    const heard = (chunk: unknown): void => {
      said += String(chunk);
      const [, address, httpAddress] = /serves gRPC on (\S+).*, http:\/\/(\S+)\//.exec(said) ?? [];
      if (address !== undefined && httpAddress !== undefined) resolve([address, httpAddress]);
    };
    child.stdout?.on('data', heard);
    child.stderr?.on('data', heard);
    void exited.then((code) => reject(new Error(`the service ended with exit code ${code}: ${said}`)));
  });
}
