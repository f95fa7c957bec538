import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { chown, mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import postgres from 'postgres';
import { openPostgres } from '../../src/inventory/postgres.js';
import { type PostgresServer, postgresMissing, startPostgres } from '../postgres.js';
import { skip } from '../skip.js';

const run = promisify(execFile);

describe('inventory in Postgres over TLS', function () {
  this.timeout(60_000);
  let server: PostgresServer;
  let directory: string;
  let url: string;

  before(async function () {
    const missing = postgresMissing();
    if (missing !== undefined) skip(this, missing);
    server = await startPostgres();
    if (!server.mayBeStopped) skip(this, 'the Postgres server is not ours to configure');
    directory = await mkdtemp(join(tmpdir(), 'virtdc-postgres-tls-'));
    url = await server.createDatabase();
    await turnOn(url, directory);
  });
  after(async () => {
    await server?.end();
    if (directory !== undefined) await rm(directory, { recursive: true });
  });

  const withMode = (mode: string): string => `${url}?sslmode=${mode}`;

  it('encrypts every connection when the URL says so', async () => {
    const inventory = await openPostgres(withMode('require'));
    const admin = postgres(url, { max: 1 });
    try {
      await inventory.acquireLease('one', 'one:1', 1_000);
      await inventory.load();
      const rows = await admin`select application_name, ssl from pg_stat_ssl join pg_stat_activity using (pid)
        where application_name like 'virtdc %' order by 1`;
      assert.deepEqual(
        [...rows],
        [
          { application_name: 'virtdc control', ssl: true },
          { application_name: 'virtdc reads', ssl: true },
        ],
      );
    } finally {
      await admin.end();
      await inventory.close();
    }
  });

  it('refuses a certificate that nobody vouches for, when it is to be verified', async () => {
    await assert.rejects(openPostgres(withMode('verify-full')), (error: Error & { cause?: { code?: string } }) => {
      assert.equal(error.cause?.code, 'DEPTH_ZERO_SELF_SIGNED_CERT');
      return true;
    });
  });
});

/** Gives the server a certificate of its own making. */
async function turnOn(url: string, directory: string): Promise<void> {
  const [key, certificate] = [join(directory, 'server.key'), join(directory, 'server.crt')];
  await run('openssl', [
    ...['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '1', '-subj', '/CN=127.0.0.1'],
    ...['-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', certificate],
  ]);
  const admin = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    const [row] = await admin`show data_directory`;
    const { uid, gid } = await stat(String(row?.data_directory));
    for (const file of [directory, key, certificate]) await chown(file, uid, gid);
    await admin.unsafe(`alter system set ssl_key_file = '${key}'`);
    await admin.unsafe(`alter system set ssl_cert_file = '${certificate}'`);
    await admin.unsafe('alter system set ssl = on');
    await admin`select pg_reload_conf()`;
    // The postmaster, which accepts connections, has read it before any session has.
    while ((await admin`show ssl`)[0]?.ssl !== 'on');
  } finally {
    await admin.end();
  }
}
