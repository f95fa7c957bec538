// Two replicas on one Postgres, each a process of its own that may be killed and frozen, and a client of each.

import assert from 'node:assert/strict';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, type TlsOptions, type VirtdcClient } from '../../src/client/connect.js';
import { VirtdcError } from '../../src/client/error.js';
import { Replica } from '../drills/replica.js';
import { eventually } from '../eventually.js';

/** What the protocol allows for, and not a moment more: the lease, and the looks of whoever waits for it. */
export const TAKEOVER_MS = 15_000;

export interface Member {
  readonly replica: Replica;
  readonly client: VirtdcClient;
}

export class Pair {
  private constructor(
    readonly directory: string,
    readonly members: readonly Member[],
  ) {}

  static async start(
    databaseUrl: string,
    environment: Readonly<Record<string, string>> = {},
    tls?: TlsOptions,
    token?: string,
  ): Promise<Pair> {
    const directory = await mkdtemp(join(tmpdir(), 'virtdc-replicas-'));
    const members: Member[] = [];
    for (const name of ['one', 'two']) {
      const replica = await Replica.of({
        name,
        dataDir: join(directory, name),
        logFile: join(directory, `${name}.log`),
        environment: { VIRTDC_DATABASE_URL: databaseUrl, VIRTDC_LOG_LEVEL: 'warn', ...environment },
      });
      members.push({ replica, client: connect(replica.address, tls, token) });
    }
    const pair = new Pair(directory, members);
    try {
      await Promise.all(members.map(({ replica }) => replica.start()));
    } catch (error) {
      await pair.end();
      throw error;
    }
    return pair;
  }

  /** Who leads by its own word, and the other one. */
  async roles(): Promise<{ readonly leader: Member; readonly follower: Member }> {
    const leader = await eventually('one of them leads', async () => {
      for (const member of this.members) if (await leads(member)) return member;
      return undefined;
    });
    const follower = this.members.find((member) => member !== leader);
    assert.ok(follower);
    return { leader, follower };
  }

  async end(): Promise<void> {
    for (const { replica, client } of this.members) {
      client.close();
      if (replica.pid !== undefined) replica.signal('SIGKILL');
      await replica.exit;
    }
    await rm(this.directory, { recursive: true, force: true });
  }
}

export async function leads({ client, replica }: Member): Promise<boolean> {
  if (replica.pid === undefined) return false;
  const { isSelf } = await client.operations.getLeader({}, { signal: AbortSignal.timeout(5_000) });
  return isSelf;
}

/** Resolves once it leads; how long that took, ms. */
export async function takenOver(member: Member): Promise<number> {
  const sinceMs = performance.now();
  await eventually('the other one has taken over', () => leads(member), { withinMs: TAKEOVER_MS });
  return performance.now() - sinceMs;
}

/** As a client would that knows that somebody leads again soon. */
export async function patiently<R>(call: () => Promise<R>): Promise<R> {
  return eventually('the call is answered', call, {
    withinMs: TAKEOVER_MS,
    tolerate: (error) => error instanceof VirtdcError && error.isTransient,
  });
}
