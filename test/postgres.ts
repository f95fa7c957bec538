// A real Postgres for the tests: a private cluster in a temporary directory, with fsync on, that a test may stop, kill
// and start again. VIRTDC_TEST_DATABASE_URL names a running server to use instead (its user must be able to create
// databases); that one is never stopped.

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { accessSync, chownSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import postgres from 'postgres';

const run = promisify(execFile);

const INITDB_DEADLINE_MS = 60_000;
const START_DEADLINE_MS = 120_000;
const STOP_DEADLINE_MS = 30_000;
const CONNECT_TIMEOUT_S = 5;
const RETRY_MS = 50;

/** How the server is told to end: wait for sessions, cut them off, end without a checkpoint, or kill -9. */
export type StopMode = 'smart' | 'fast' | 'immediate' | 'kill';

const SIGNALS: Record<StopMode, NodeJS.Signals> = {
  smart: 'SIGTERM',
  fast: 'SIGINT',
  immediate: 'SIGQUIT',
  kill: 'SIGKILL',
};

/** A database to clone: its name within the cluster, and how it is filled when it does not exist yet. */
export interface Template {
  readonly name: string;
  readonly fill: (url: string) => Promise<void>;
}

export interface PostgresServer {
  /** False for a server named by VIRTDC_TEST_DATABASE_URL: stop() and start() throw. */
  readonly mayBeStopped: boolean;
  /** The process id of the postmaster while a private cluster runs. */
  pid(): number | undefined;
  /** A new database, empty or a clone of the template; its URL. Dropped with the server. */
  createDatabase(template?: Template): Promise<string>;
  /** Resolves once the server and every session of it has ended. */
  stop(mode: StopMode): Promise<void>;
  /** Starts it again on the same port and data; resolves once it accepts connections. */
  start(): Promise<void>;
  /** Ends the server and removes its data, or drops the databases made on a named server. */
  end(): Promise<void>;
}

/** Why startPostgres() cannot work here (a phrase for skip()), or undefined if it can. */
export function postgresMissing(): string | undefined {
  if (process.env.VIRTDC_TEST_DATABASE_URL) return undefined;
  if (binaries() === undefined) return 'no Postgres server found; install one, or set VIRTDC_TEST_DATABASE_URL';
  if (process.getuid?.() === 0 && unprivilegedUser() === undefined) {
    return 'Postgres refuses to run as root, and there is neither a user postgres nor a user nobody';
  }
  return undefined;
}

/** Starts a private cluster, or takes the named server. Throws where postgresMissing() has a reason. */
export async function startPostgres(): Promise<PostgresServer> {
  const missing = postgresMissing();
  if (missing !== undefined) throw new Error(missing);
  const named = process.env.VIRTDC_TEST_DATABASE_URL;
  return named ? namedServer(named) : await privateCluster();
}

function namedServer(url: string): PostgresServer {
  const databases = databasesOf(url);
  const refuse = (): Promise<void> => Promise.reject(new Error('the server of VIRTDC_TEST_DATABASE_URL is not ours'));
  return {
    mayBeStopped: false,
    pid: () => undefined,
    createDatabase: databases.create,
    stop: refuse,
    start: refuse,
    end: databases.dropAll,
  };
}

async function privateCluster(): Promise<PostgresServer> {
  const found = binaries();
  if (found === undefined) throw new Error('no Postgres server found');
  const user = process.getuid?.() === 0 ? unprivilegedUser() : undefined;
  const identity = user === undefined ? {} : { uid: user.uid, gid: user.gid };
  const home = await mkdtemp(join(tmpdir(), 'virtdc-postgres-'));
  if (user !== undefined) chownSync(home, user.uid, user.gid);

  const data = join(home, 'data');
  const password = randomBytes(16).toString('hex');
  const passwordFile = join(home, 'password');
  await writeFile(passwordFile, password, { mode: 0o600 });
  if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
  await run(
    join(found, 'initdb'),
    ['--pgdata', data, '--username=virtdc', '--auth=scram-sha-256', `--pwfile=${passwordFile}`].concat([
      '--encoding=UTF8',
      '--locale=C',
      '--no-sync',
    ]),
    { ...identity, cwd: home, timeout: INITDB_DEADLINE_MS },
  );

  const port = await freePort();
  const url = `postgres://virtdc:${password}@127.0.0.1:${port}/postgres`;
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', `unix_socket_directories=${home}`]
    .concat([
      'fsync=on',
      'synchronous_commit=on',
      'full_page_writes=on',
      'max_connections=100',
      'log_destination=stderr',
    ])
    .flatMap((setting) => ['-c', setting]);
  let server: { readonly child: ChildProcess; readonly closed: Promise<unknown> } | undefined;
  let log = '';

  // Should this process end without end(), the postmaster goes with it.
  const endWithUs = (): void => void server?.child.kill('SIGQUIT');
  process.once('exit', endWithUs);

  async function start(): Promise<void> {
    if (server !== undefined) throw new Error('Postgres runs already');
    const deadline = performance.now() + START_DEADLINE_MS;
    // After a kill the old sessions hold the data directory until they notice, so the first try may end at once.
    while (!(await launch(deadline))) {
      if (performance.now() > deadline) throw new Error(`Postgres did not start:\n${log}`);
      await sleep(RETRY_MS);
    }
  }

  async function launch(deadline: number): Promise<boolean> {
    log = '';
    const child = spawn(join(found ?? '', 'postgres'), ['-D', data, ...settings], {
      ...identity,
      cwd: home,
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log = (log + text).slice(-16_384);
    });
    // Closed, not merely exited: every session holds the same stderr, so this also waits for the last of them.
    const closed = once(child, 'close');
    await once(child, 'spawn');
    while (child.exitCode === null && child.signalCode === null) {
      if (await answers(url)) {
        server = { child, closed };
        return true;
      }
      if (performance.now() > deadline) {
        child.kill('SIGQUIT');
        break;
      }
      await sleep(RETRY_MS);
    }
    await closed;
    return false;
  }

  async function stop(mode: StopMode): Promise<void> {
    if (server === undefined) throw new Error('Postgres does not run');
    const { child, closed } = server;
    server = undefined;
    child.kill(SIGNALS[mode]);
    child.kill('SIGCONT'); // A frozen server has to be thawed before it can obey.
    await Promise.race([closed, tooLong(closed)]);
  }

  try {
    await start();
  } catch (error) {
    process.off('exit', endWithUs);
    await rm(home, { recursive: true, force: true });
    throw error;
  }
  const databases = databasesOf(url);
  return {
    mayBeStopped: true,
    pid: () => server?.child.pid,
    createDatabase: databases.create,
    stop,
    start,
    end: async () => {
      process.off('exit', endWithUs);
      if (server !== undefined) await stop('immediate');
      await rm(home, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
    },
  };
}

async function tooLong(until: Promise<unknown>): Promise<never> {
  const timer = new AbortController();
  void until.finally(() => timer.abort());
  await sleep(STOP_DEADLINE_MS, undefined, { signal: timer.signal });
  throw new Error(`Postgres did not stop within ${STOP_DEADLINE_MS} ms`);
}

/** Creates and drops databases through the server's URL. Templates are filled once, clones are made from them. */
function databasesOf(serverUrl: string): {
  create: (template?: Template) => Promise<string>;
  dropAll: () => Promise<void>;
} {
  const prefix = `virtdc_test_${randomBytes(4).toString('hex')}`;
  const made: string[] = [];
  const templates = new Map<string, Promise<string>>();

  const urlOf = (database: string): string => {
    const url = new URL(serverUrl);
    url.pathname = `/${database}`;
    return url.href;
  };
  const make = async (source: string): Promise<string> => {
    const name = `${prefix}_${made.length}`;
    made.push(name);
    await asAdmin(serverUrl, (sql) => sql`create database ${sql(name)} template ${sql(source)}`);
    return name;
  };
  const filled = async (template: Template): Promise<string> => {
    const name = await make('template1');
    await template.fill(urlOf(name));
    return name;
  };

  return {
    create: async (template) => {
      if (template === undefined) return urlOf(await make('template1'));
      const ready = templates.get(template.name) ?? filled(template);
      templates.set(template.name, ready);
      return urlOf(await make(await ready));
    },
    dropAll: async () => {
      for (const name of made.splice(0).reverse()) {
        await asAdmin(serverUrl, (sql) => sql`drop database if exists ${sql(name)} with (force)`);
      }
    },
  };
}

async function asAdmin<R>(url: string, work: (sql: postgres.Sql) => Promise<R>): Promise<R> {
  const sql = postgres(url, { max: 1, connect_timeout: CONNECT_TIMEOUT_S, onnotice: () => {} });
  try {
    return await work(sql);
  } finally {
    await sql.end({ timeout: CONNECT_TIMEOUT_S });
  }
}

/** Whether the server accepts a connection and answers; any refusal means not yet. */
async function answers(url: string): Promise<boolean> {
  return await asAdmin(url, (sql) => sql`select 1`).then(
    () => true,
    () => false,
  );
}

/** A loopback port that was free a moment ago. */
async function freePort(): Promise<number> {
  const probe = createServer().listen(0, '127.0.0.1');
  await once(probe, 'listening');
  const address = probe.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  probe.close();
  await once(probe, 'close');
  return address.port;
}

/** The folder with initdb and postgres: the newest that Debian packages install, or one on the PATH. */
function binaries(): string | undefined {
  const packaged = '/usr/lib/postgresql';
  const versions = existsSync(packaged) ? readdirSync(packaged) : [];
  const newestFirst = versions
    .map(Number)
    .filter(Number.isFinite)
    .sort((a, b) => b - a);
  return newestFirst
    .map((version) => join(packaged, String(version), 'bin'))
    .concat((process.env.PATH ?? '').split(delimiter))
    .find((folder) => isExecutable(join(folder, 'initdb')) && isExecutable(join(folder, 'postgres')));
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Whom to run as when we are root, which Postgres refuses. */
function unprivilegedUser(): { uid: number; gid: number } | undefined {
  const entries = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .map((line) => line.split(':'));
  const entry = ['postgres', 'nobody'].map((name) => entries.find((fields) => fields[0] === name)).find(Boolean);
  return entry && { uid: Number(entry[2]), gid: Number(entry[3]) };
}
