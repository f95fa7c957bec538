// One run of one command: the connection, the screen, and what the global options say. Every command gets one.

import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { connect, type TlsOptions, type VirtdcClient } from '../client/connect.js';
import { newRequestId } from '../client/request-id.js';
import { formatKib } from './amounts.js';
import { UsageError } from './failure.js';
import { paintFor } from './paint.js';
import { Screen, type Target } from './screen.js';

/** What a command may touch of the process it runs in. */
export interface Surroundings {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: Target;
  readonly stderr: Target;
  readonly environment: NodeJS.ProcessEnv;
  /** Aborts when the person at the terminal has had enough. */
  readonly interrupted: AbortSignal;
}

export interface GlobalOptions {
  readonly server: string;
  readonly tls?: boolean;
  readonly tlsCa?: string;
  readonly tlsCert?: string;
  readonly tlsKey?: string;
  readonly tlsServerName?: string;
  readonly tokenFile?: string;
  readonly json?: boolean;
  readonly color: boolean;
  readonly kib?: boolean;
  readonly timeout?: number;
  readonly requestId?: string;
  readonly async?: boolean;
}

export interface Invocation {
  readonly client: VirtdcClient;
  readonly server: string;
  readonly stdin: NodeJS.ReadStream;
  readonly out: Screen;
  readonly err: Screen;
  readonly json: boolean;
  /** Whether to answer as soon as an operation was accepted. */
  readonly async: boolean;
  /** What makes the one mutation of this run safe to repeat. */
  readonly requestId: string;
  /** Given to every call: aborts with the person's patience, or when --timeout is over. */
  readonly call: { readonly signal: AbortSignal };
  /** A size for a table: for people, or with --kib the bare number. */
  size(kib: bigint): string;
  /** One message of the API as JSON: on one line, or for a person at a terminal on several. */
  printJson(message: unknown, form?: 'document' | 'line'): void;
}

export interface Running {
  readonly invocation: Invocation;
  /** Aborted when --timeout is over. */
  readonly timedOut: AbortSignal | undefined;
  end(): void;
}

export function begin(options: GlobalOptions, surroundings: Surroundings): Running {
  const { stdin, stdout, stderr, environment, interrupted } = surroundings;
  const client = connect(addressesIn(options.server), tlsOf(options), tokenOf(options));
  const timer = new AbortController();
  const timeout = options.timeout === undefined ? undefined : setTimeout(() => timer.abort(), options.timeout * 1_000);
  const screen = (target: Target): Screen =>
    new Screen(target, paintFor(target.isTTY === true, options.color, environment));
  const out = screen(stdout);
  const invocation: Invocation = {
    client,
    server: options.server,
    stdin,
    out,
    err: screen(stderr),
    json: options.json === true,
    async: options.async === true,
    requestId: options.requestId ?? newRequestId(),
    call: { signal: AbortSignal.any([interrupted, timer.signal]) },
    size: (kib) => (options.kib === true ? String(kib) : formatKib(kib)),
    printJson: (message, form = 'document') =>
      out.line(JSON.stringify(message, undefined, out.isTerminal && form === 'document' ? 2 : undefined)),
  };
  const end = (): void => {
    clearTimeout(timeout);
    client.close();
  };
  return { invocation, timedOut: timeout && timer.signal, end };
}

/** Those of one service's replicas, with commas between them. */
function addressesIn(server: string): string[] {
  const addresses = server.split(',').map((address) => address.trim());
  if (addresses.includes('')) throw new UsageError(`--server ${server}: HOST:PORT is due, or several with commas`);
  return addresses;
}

function tlsOf({ tls, tlsCa, tlsCert, tlsKey, tlsServerName }: GlobalOptions): TlsOptions | undefined {
  if ((tlsCert === undefined) !== (tlsKey === undefined))
    throw new UsageError('--tls-cert and --tls-key need each other');
  const wanted = tls === true || [tlsCa, tlsCert, tlsServerName].some((option) => option !== undefined);
  if (!wanted) return undefined;
  return {
    ...(tlsCa && { ca: readInput(tlsCa) }),
    ...(tlsCert && tlsKey && { identity: { cert: readInput(tlsCert), key: readInput(tlsKey) } }),
    ...(tlsServerName && { serverName: tlsServerName }),
  };
}

/** From a file, as words of a command line are for everybody on the machine to read. */
function tokenOf({ tokenFile }: GlobalOptions): string | undefined {
  if (tokenFile === undefined) return undefined;
  const token = readInput(tokenFile).toString().trim();
  if (!/^[\x21-\x7e]+$/.test(token)) throw new UsageError(`${tokenFile} is not a file with one token in it`);
  return token;
}

/** The content of a file; `-` is the standard input. */
export function readInput(path: string): Buffer {
  try {
    return readFileSync(path === '-' ? 0 : path);
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new UsageError(`cannot read ${path}: ${error.message}`);
    throw error;
  }
}

type Handler<Options> = (invocation: Invocation, options: Options, ...words: string[]) => Promise<void>;

/** Gives every command its invocation; see cli.ts, which has the surroundings. */
export type Bind = <Options>(command: Command, handler: Handler<Options>) => Command;
