// The environment, read once at start: every variable checked, every bad value named, and nothing read anywhere else.

import { isIP } from 'node:net';
import { hostname } from 'node:os';
import { resolve } from 'node:path';
import { z } from 'zod';
import { readWords } from './fencing/words.js';
import { type ArmedPoint, CRASH_ACTIONS, CRASH_POINTS, parseCrashPoint } from './operations/crash-points.js';

export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

export interface TlsFiles {
  readonly cert: string;
  readonly key: string;
  /** Callers must show a certificate of this CA; undefined: any caller may connect. */
  readonly clientCa: string | undefined;
}

export interface Config {
  readonly listen: ListenAddress;
  readonly httpListen: ListenAddress;
  /** undefined: PGlite in dataDir. */
  readonly databaseUrl: string | undefined;
  readonly dataDir: string;
  readonly nodeinfo: string | undefined;
  /** With {address} and {hostname}. */
  readonly libvirtUri: string;
  readonly insecureTransports: boolean;
  readonly mode: 'development' | 'production';
  /** Where other replicas reach this one, host:port. */
  readonly advertise: string;
  readonly tls: TlsFiles | undefined;
  /** Files that say who may call what; undefined: whoever reaches the service, which listens on loopback only, is its admin. */
  readonly access: { readonly tokens: string | undefined; readonly roles: string | undefined } | undefined;
  readonly pkiDirectory: string | undefined;
  readonly ssh: { readonly keyFile: string; readonly knownHostsFile: string } | undefined;
  /** undefined: no host is ever switched off. */
  readonly fence:
    | { readonly words: readonly string[]; readonly afterMs: number; readonly deadlineMs: number }
    | undefined;
  readonly logLevel: string;
  /** Where the process is made to fail, for tests. */
  readonly failpoints: readonly ArmedPoint[];
  readonly retention: {
    readonly logEntries: number;
    readonly logHours: number;
    readonly requestHours: number;
    /** 0: the audit log is kept for ever. */
    readonly auditDays: number;
  };
}

export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const file = z.string().min(1);
const count = (fallback: number, most: number) => z.coerce.number().int().min(1).max(most).default(fallback);
const hours = (fallback: number) => z.coerce.number().min(0.1).max(87_600).default(fallback);
const flag = z.enum(['0', '1', '']).default('0');

const Environment = z.object({
  VIRTDC_LISTEN: z.string().default('127.0.0.1:50051'),
  VIRTDC_HTTP_LISTEN: z.string().default('127.0.0.1:8080'),
  VIRTDC_DATABASE_URL: z
    .string()
    .regex(/^postgres(ql)?:\/\//, 'must begin with postgres:// or postgresql://')
    .optional(),
  VIRTDC_DATA_DIR: file.default('./.virtdc'),
  VIRTDC_NODEINFO: file.optional(),
  VIRTDC_LIBVIRT_URI: z.string().optional(),
  VIRTDC_INSECURE_TRANSPORTS: flag,
  VIRTDC_MODE: z.enum(['development', 'production']).default('development'),
  VIRTDC_ADVERTISE: z.string().optional(),
  VIRTDC_TLS_CERT: file.optional(),
  VIRTDC_TLS_KEY: file.optional(),
  VIRTDC_TLS_CLIENT_CA: file.optional(),
  VIRTDC_TOKENS: file.optional(),
  VIRTDC_ROLES: file.optional(),
  VIRTDC_LIBVIRT_PKI_DIR: file.optional(),
  VIRTDC_SSH_KEY: file.optional(),
  VIRTDC_SSH_KNOWN_HOSTS: file.optional(),
  VIRTDC_FENCE_COMMAND: z.string().min(1).optional(),
  VIRTDC_FENCE_AFTER_S: count(60, 86_400),
  VIRTDC_FENCE_DEADLINE_S: count(60, 3_600),
  VIRTDC_LOG_LEVEL: z.enum(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
  VIRTDC_FAILPOINT: z.string().optional(),
  VIRTDC_RETENTION_LOG_ENTRIES: count(1_000_000, 1_000_000_000),
  VIRTDC_RETENTION_LOG_HOURS: hours(24),
  VIRTDC_RETENTION_REQUEST_HOURS: hours(24),
  VIRTDC_RETENTION_AUDIT_DAYS: z.coerce.number().min(0).max(36_500).default(365),
});

/** Throws ConfigError with every bad variable, one a line. Variables that virtdc does not know are named too. */
export function readConfig(environment: NodeJS.ProcessEnv): Config {
  const known = Object.keys(Environment.shape);
  const wanted = Object.entries(environment).filter(([name, value]) => known.includes(name) && value !== '');
  const parsed = Environment.safeParse(Object.fromEntries(wanted));
  const problems = parsed.success
    ? []
    : parsed.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
  problems.push(...unknownNames(environment, known));
  if (!parsed.success) throw new ConfigError(problems.join('\n'));
  const env = parsed.data;
  const config: Config = {
    listen: address('VIRTDC_LISTEN', env.VIRTDC_LISTEN, problems),
    httpListen: address('VIRTDC_HTTP_LISTEN', env.VIRTDC_HTTP_LISTEN, problems),
    databaseUrl: env.VIRTDC_DATABASE_URL,
    dataDir: resolve(env.VIRTDC_DATA_DIR),
    nodeinfo: env.VIRTDC_NODEINFO,
    libvirtUri:
      env.VIRTDC_LIBVIRT_URI ??
      (env.VIRTDC_DATABASE_URL === undefined ? 'sim://{hostname}' : 'qemu+tls://{address}/system'),
    insecureTransports: env.VIRTDC_INSECURE_TRANSPORTS === '1',
    mode: env.VIRTDC_MODE,
    advertise: advertised(env, problems),
    tls: tlsOf(env, problems),
    access: accessOf(env, problems),
    pkiDirectory: env.VIRTDC_LIBVIRT_PKI_DIR,
    ssh: sshOf(env, problems),
    fence: fenceOf(env, problems),
    logLevel: env.VIRTDC_LOG_LEVEL,
    failpoints: failpointsOf(env, problems),
    retention: {
      logEntries: env.VIRTDC_RETENTION_LOG_ENTRIES,
      logHours: env.VIRTDC_RETENTION_LOG_HOURS,
      requestHours: env.VIRTDC_RETENTION_REQUEST_HOURS,
      auditDays: env.VIRTDC_RETENTION_AUDIT_DAYS,
    },
  };
  const open = !isLoopback(config.listen.host);
  if (open && config.tls === undefined) {
    problems.push(
      'VIRTDC_LISTEN: plaintext is served on loopback only; set VIRTDC_TLS_CERT and VIRTDC_TLS_KEY, or listen on 127.0.0.1',
    );
  }
  if (open && config.tls !== undefined && config.access === undefined) {
    problems.push(
      'VIRTDC_TLS_CLIENT_CA, VIRTDC_TOKENS: one is needed where VIRTDC_LISTEN is not loopback, or anybody could command the hosts',
    );
  }
  if (!isLoopback(config.httpListen.host) && (config.mode === 'production' || config.access !== undefined)) {
    problems.push(
      'VIRTDC_HTTP_LISTEN: page and metrics know no callers: on loopback only in production, and where callers have roles',
    );
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return config;
}

/** A misspelt variable would otherwise be a default that nobody chose. Those of clients, the lab and the tests are not ours. */
function unknownNames(environment: NodeJS.ProcessEnv, known: readonly string[]): string[] {
  return Object.keys(environment)
    .filter(
      (name) =>
        name.startsWith('VIRTDC_') && !/^VIRTDC_(LAB_|TEST_|DEMO_|CLIENT_|SERVER$)/.test(name) && !known.includes(name),
    )
    .map((name) => `${name}: there is no such setting`);
}

function address(name: string, text: string, problems: string[]): ListenAddress {
  const match = /^(?:\[([0-9a-fA-F:.]+)\]|([^:[\]/\s]+)):(\d{1,5})$/.exec(text);
  const host = match?.[1] ?? match?.[2] ?? '';
  const port = Number(match?.[3]);
  const good = match !== null && port <= 65_535 && (host === 'localhost' || isIP(host) !== 0);
  if (good) return { host, port };
  problems.push(
    `${name}: must be ADDRESS:PORT with an IP address or localhost, such as 127.0.0.1:50051 or [::1]:50051`,
  );
  // Nothing else is to be said about an address that is none.
  return { host: 'localhost', port: 0 };
}

/** Who listens everywhere is best known by the machine's name. */
function advertised({ VIRTDC_ADVERTISE: told, VIRTDC_LISTEN: listen }: Env, problems: string[]): string {
  if (told === undefined) return listen.replace(/^(?:0\.0\.0\.0|\[::\]):/, `${hostname()}:`);
  if (/^(?:\[[0-9a-fA-F:.]+\]|[A-Za-z0-9]([A-Za-z0-9.-]{0,252})):[1-9]\d{0,4}$/.test(told)) return told;
  problems.push('VIRTDC_ADVERTISE: must be HOST:PORT, as other replicas reach this one');
  return listen;
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}

type Env = z.infer<typeof Environment>;

function tlsOf(env: Env, problems: string[]): TlsFiles | undefined {
  const { VIRTDC_TLS_CERT: cert, VIRTDC_TLS_KEY: key, VIRTDC_TLS_CLIENT_CA: clientCa } = env;
  if (cert !== undefined && key !== undefined) return { cert, key, clientCa };
  if (cert !== undefined || key !== undefined) problems.push('VIRTDC_TLS_CERT, VIRTDC_TLS_KEY: one needs the other');
  else if (clientCa !== undefined) problems.push('VIRTDC_TLS_CLIENT_CA: needs VIRTDC_TLS_CERT and VIRTDC_TLS_KEY');
  return undefined;
}

function accessOf(env: Env, problems: string[]): Config['access'] {
  const { VIRTDC_TOKENS: tokens, VIRTDC_ROLES: roles, VIRTDC_TLS_CLIENT_CA: clientCa } = env;
  if (roles !== undefined && clientCa === undefined) problems.push('VIRTDC_ROLES: needs VIRTDC_TLS_CLIENT_CA');
  if (clientCa !== undefined && roles === undefined && tokens === undefined) {
    problems.push('VIRTDC_ROLES: needed with VIRTDC_TLS_CLIENT_CA, or no certificate has a role');
  }
  return tokens === undefined && clientCa === undefined ? undefined : { tokens, roles };
}

function failpointsOf(env: Env, problems: string[]): readonly ArmedPoint[] {
  const { VIRTDC_FAILPOINT: text, VIRTDC_MODE: mode } = env;
  if (text === undefined) return [];
  if (mode === 'production') problems.push('VIRTDC_FAILPOINT: makes the service fail on purpose: never in production');
  return text.split(',').flatMap((word) => {
    const point = parseCrashPoint(word.trim());
    if (point !== undefined) return [point];
    const [names, actions] = [Object.keys(CRASH_POINTS).join(', '), CRASH_ACTIONS.join(', ')];
    problems.push(`VIRTDC_FAILPOINT: ${JSON.stringify(word)} is no NAME or NAME:ACTION of ${names} and ${actions}`);
    return [];
  });
}

function sshOf(env: Env, problems: string[]): Config['ssh'] {
  const { VIRTDC_SSH_KEY: keyFile, VIRTDC_SSH_KNOWN_HOSTS: knownHostsFile } = env;
  if (keyFile !== undefined && knownHostsFile !== undefined) return { keyFile, knownHostsFile };
  if (keyFile !== undefined || knownHostsFile !== undefined) {
    problems.push('VIRTDC_SSH_KEY, VIRTDC_SSH_KNOWN_HOSTS: one needs the other');
  }
  return undefined;
}

function fenceOf(env: Env, problems: string[]): Config['fence'] {
  const { VIRTDC_FENCE_COMMAND: command, VIRTDC_FENCE_AFTER_S: afterS, VIRTDC_FENCE_DEADLINE_S: deadlineS } = env;
  if (command === undefined) return undefined;
  const words = readWords(command);
  if ('problem' in words) {
    problems.push(`VIRTDC_FENCE_COMMAND: ${words.problem}`);
    return undefined;
  }
  return { words, afterMs: afterS * 1_000, deadlineMs: deadlineS * 1_000 };
}
