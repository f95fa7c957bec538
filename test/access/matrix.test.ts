// Every method, called by everybody there is, over the wire: the table of roles as a caller meets it.

import assert from 'node:assert/strict';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Channel, ChannelCredentials, createChannel, Metadata } from 'nice-grpc';
import { KNOWN_PATHS, neededFor, ROLES, type Role } from '../../src/access/roles.js';
import { codeOf, pathOf, rawCall, SERVICES } from '../rpc/raw-call.js';
import { World } from '../rpc/service.js';
import { CertificateAuthority, type KeyPair } from './certificates.js';

const PATHS = [
  ...SERVICES.flatMap((service) => service.methods.map(pathOf)),
  '/grpc.health.v1.Health/Check',
  '/grpc.health.v1.Health/Watch',
  '/grpc.reflection.v1.ServerReflection/ServerReflectionInfo',
  '/grpc.reflection.v1alpha.ServerReflection/ServerReflectionInfo',
];

const TOKENS = 'viewer operator admin'
  .split(' ')
  .map((role) => `${role}-secret-of-the-test bot-${role} ${role}`)
  .join('\n');
const NAMES = `URI:spiffe://dc/viewer viewer
email:operator@example.com operator
DNS:admin.example admin
`;

interface Someone {
  /** Undefined: none. */
  readonly role?: Role;
  readonly unknown?: 'NO_CREDENTIALS' | 'BAD_TOKEN';
  readonly certificate?: KeyPair;
  readonly authorization?: readonly string[];
}

/** What becomes of the call, as far as it is a matter of who calls. */
function expected(someone: Someone, path: string): string {
  const needed = neededFor(path);
  if (needed === 'anyone') return 'served';
  if (someone.unknown !== undefined) return `UNAUTHENTICATED ${someone.unknown}`;
  assert.ok(needed, `${path} has no role`);
  const may = someone.role !== undefined && ROLES.indexOf(someone.role) >= ROLES.indexOf(needed);
  return may ? 'served' : 'PERMISSION_DENIED ROLE_REQUIRED';
}

async function outcome(channel: Channel, someone: Someone, path: string): Promise<string> {
  const metadata = Metadata();
  if (someone.authorization !== undefined) metadata.set('authorization', [...someone.authorization]);
  // Nobody is believed who says himself what his certificate has.
  metadata.set('virtdc-certificate-names-bin', Buffer.from('DNS:admin.example'));
  const answer = await rawCall(channel, path, new Uint8Array(), metadata);
  const code = codeOf(answer);
  return code === 'UNAUTHENTICATED' || code === 'PERMISSION_DENIED' ? `${code} ${answer?.reason}` : 'served';
}

describe('the table of roles', () => {
  it('has every method that is served, and no other', () => {
    assert.deepEqual([...KNOWN_PATHS].sort(), [...PATHS].sort());
  });

  it('lets nobody without a role do more than ask whether the service lives', () => {
    assert.deepEqual(
      KNOWN_PATHS.filter((path) => neededFor(path) === 'anyone'),
      ['/grpc.health.v1.Health/Check'],
    );
  });

  it('lets viewers change nothing', () => {
    const changing =
      /\/(Import|Register|Update|Cordon|Uncordon|Remove|Push|Adopt|Start|Stop|Reboot|Pause|Resume|Open|Delete|Submit|Terminate|Set|Migrate|Cancel|Scale)/;
    for (const path of KNOWN_PATHS.filter((one) => changing.test(one)))
      assert.notEqual(neededFor(path), 'viewer', path);
  });
});

describe('who may call what', function () {
  this.timeout(120_000);
  let directory: string;
  let ca: CertificateAuthority;
  let foreign: CertificateAuthority;
  let server: KeyPair;
  let tokensFile: string;
  let rolesFile: string;

  before(async () => {
    directory = await mkdtemp(join(tmpdir(), 'virtdc-matrix-'));
    ca = await CertificateAuthority.create(directory, 'ca');
    foreign = await CertificateAuthority.create(directory, 'foreign');
    server = await ca.sign('server', 'IP:127.0.0.1');
    tokensFile = join(directory, 'tokens');
    rolesFile = join(directory, 'roles');
    await writeFile(tokensFile, TOKENS);
    await writeFile(rolesFile, NAMES);
  });
  after(() => rm(directory, { recursive: true }));

  async function matrix(world: World, everybody: ReadonlyMap<string, Someone>, tls: boolean): Promise<void> {
    const root = await readFile(ca.certFile);
    for (const [name, someone] of everybody) {
      const { key, cert } = someone.certificate ?? {};
      const channel = createChannel(
        world.address,
        tls ? ChannelCredentials.createSsl(root, key ?? null, cert ?? null) : ChannelCredentials.createInsecure(),
      );
      try {
        const seen = await Promise.all(PATHS.map(async (path) => [path, await outcome(channel, someone, path)]));
        assert.deepEqual(
          seen,
          PATHS.map((path) => [path, expected(someone, path)]),
          name,
        );
      } finally {
        channel.close();
      }
    }
  }

  const tls = () => ({ VIRTDC_TLS_CERT: server.certFile, VIRTDC_TLS_KEY: server.keyFile });
  const withToken = (role: Role): Someone => ({ role, authorization: [`Bearer ${role}-secret-of-the-test`] });

  const byToken = new Map<string, Someone>([
    ...ROLES.map((role) => [role, withToken(role)] as const),
    ['nothing shown', { unknown: 'NO_CREDENTIALS' }],
    ['an unknown token', { unknown: 'BAD_TOKEN', authorization: ['Bearer some-secret-of-the-test'] }],
    ['no token in it', { unknown: 'BAD_TOKEN', authorization: ['Bearer'] }],
    ['another scheme', { unknown: 'BAD_TOKEN', authorization: ['Basic admin-secret-of-the-test'] }],
    ['two tokens', { unknown: 'BAD_TOKEN', authorization: ROLES.map((role) => `Bearer ${role}-secret-of-the-test`) }],
  ]);

  it('by token, in plaintext on loopback', async () => {
    const world = await World.start({ env: { VIRTDC_TOKENS: tokensFile } });
    try {
      await matrix(world, byToken, false);
    } finally {
      await world.end();
    }
  });

  it('by token, over TLS', async () => {
    const world = await World.start({ env: { ...tls(), VIRTDC_TOKENS: tokensFile } });
    try {
      await matrix(world, byToken, true);
    } finally {
      await world.end();
    }
  });

  it('by certificate', async () => {
    const VIRTDC_TLS_CLIENT_CA = ca.certFile;
    const env = { ...tls(), VIRTDC_TLS_CLIENT_CA, VIRTDC_ROLES: rolesFile, VIRTDC_TOKENS: tokensFile };
    const world = await World.start({ env });
    try {
      const unknown = await ca.sign('unknown', 'DNS:nobody.example');
      const everybody = new Map<string, Someone>([
        ['viewer', { role: 'viewer', certificate: await ca.sign('v', 'URI:spiffe://dc/viewer') }],
        ['operator', { role: 'operator', certificate: await ca.sign('o', 'DNS:o.example,email:operator@example.com') }],
        ['admin', { role: 'admin', certificate: await ca.sign('a', 'DNS:admin.example') }],
        ['a name without a role', { certificate: unknown }],
        ['a common name only', { unknown: 'NO_CREDENTIALS', certificate: await ca.sign('admin.example', '') }],
        ['a name of another kind', { certificate: await ca.sign('k', 'URI:admin.example') }],
        ['a token beside a certificate', { ...withToken('operator'), certificate: unknown }],
        [
          'a bad token beside a good certificate',
          { unknown: 'BAD_TOKEN', authorization: ['Bearer x'], certificate: await ca.sign('b', 'DNS:admin.example') },
        ],
      ]);
      await matrix(world, everybody, true);

      const root = await readFile(ca.certFile);
      const strangers: [string, KeyPair | undefined][] = [
        ['no certificate', undefined],
        ['of another CA', await foreign.sign('admin', 'DNS:admin.example')],
        ['expired', await ca.sign('expired', 'DNS:admin.example', -1)],
      ];
      for (const [name, pair] of strangers) {
        const channel = createChannel(
          world.address,
          ChannelCredentials.createSsl(root, pair?.key ?? null, pair?.cert ?? null),
        );
        try {
          const paths = PATHS.map((path) => rawCall(channel, path, new Uint8Array()).then(codeOf));
          assert.deepEqual(new Set(await Promise.all(paths)), new Set(['UNAVAILABLE']), name);
        } finally {
          channel.close();
        }
      }
    } finally {
      await world.end();
    }
  });

  it('is everything, for whoever reaches a service on loopback that was told nothing else', async () => {
    const world = await World.start();
    try {
      await matrix(world, new Map([['local', { role: 'admin' }]]), false);
    } finally {
      await world.end();
    }
  });
});
