// The rules of the house that no other tool checks: which packages may be locked, what source may not contain, and how
// long a file may grow. Each rule is also shown a breach, so that it cannot pass by looking at nothing.

import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';

const ROOT = new URL('../', import.meta.url);
const LONGEST_FILE = 400;

interface LockedPackage {
  readonly version?: string;
  readonly integrity?: string;
}

/** The oldest version without a known hole, per major version where two are in use; absent is fine. */
const FLOORS: Readonly<Record<string, readonly string[]>> = {
  'fast-xml-parser': ['5.5.7'],
  'drizzle-orm': ['0.45.2'],
  '@grpc/grpc-js': ['1.10.9'],
  protobufjs: ['7.5.6', '8.0.2'],
};

interface Forbidden {
  readonly name: string;
  readonly pattern: RegExp;
  /** An example that the pattern must find. */
  readonly breach: string;
  readonly except?: string;
}

/** What may not appear in src/. */
const FORBIDDEN: readonly Forbidden[] = [
  { name: 'SQL pasted into SQL', pattern: /\bsql\s*\.\s*(raw|identifier)\b/, breach: 'sql.raw(text)' },
  {
    name: 'SQL as text',
    pattern: /\.\s*unsafe\s*\(/,
    breach: 'await sql.unsafe(text)',
    // Where the statements of the inventory, text and parameters apart, are handed to the driver.
    except: 'src/inventory/postgres-connection.ts',
  },
  { name: 'a shell', pattern: /\bshell\s*:\s*(true|['"])/, breach: "spawn('ls', [], { shell: true })" },
  { name: 'a command line', pattern: /\bexec(Sync)?\s*\(\s*[`'"]/, breach: 'exec(`virsh $' + '{name}`)' },
  {
    name: 'exec of child_process',
    pattern: /import\s*\{[^}]*\bexec(Sync)?\b[^}]*\}\s*from\s*'node:child_process'|child_process\.exec(Sync)?\(/,
    breach: "import { exec } from 'node:child_process'",
  },
  { name: 'unverified TLS', pattern: /rejectUnauthorized\s*:\s*false/, breach: '{ rejectUnauthorized: false }' },
  { name: 'unfinished work', pattern: /(\/\/|\*).*\b(TODO|FIXME|XXX)\b/, breach: '// TODO: later' },
  { name: 'a silenced tool', pattern: /@ts-(ignore|nocheck)|eslint-disable(?!-next-line)/, breach: '// @ts-ignore' },
];

function read(path: string): string {
  return readFileSync(new URL(path, ROOT), 'utf8');
}

/** Every file below the given folders that exist, as paths from the root. */
function files(...folders: string[]): string[] {
  return folders
    .filter((folder) => existsSync(new URL(folder, ROOT)))
    .flatMap((folder) => readdirSync(new URL(folder, ROOT), { recursive: true }).map((path) => `${folder}/${path}`));
}

function compareVersions(a: string, b: string): number {
  const parts = (version: string): number[] => version.split(/[.-]/, 3).map(Number);
  const [left, right] = [parts(a), parts(b)];
  return left.map((part, i) => part - (right[i] ?? 0)).find((difference) => difference !== 0) ?? 0;
}

/** The floor for a version is that of its own major; below the lowest floor's major it is too old, above all it is fine. */
function isBelowFloor(version: string, floors: readonly string[]): boolean {
  const major = (v: string): string => v.split('.')[0] ?? '';
  const [lowest] = floors;
  const floor = floors.find((candidate) => major(candidate) === major(version)) ?? lowest;
  return floor !== undefined && compareVersions(version, floor) < 0;
}

function tooOld(packages: Readonly<Record<string, LockedPackage>>): string[] {
  return Object.entries(packages).flatMap(([path, { version = '' }]) => {
    const name = path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);
    return isBelowFloor(version, FLOORS[name] ?? []) ? [`${path} ${version}`] : [];
  });
}

/** Whether a comment of at least a few words comes before any code. */
function saysItsPurpose(source: string): boolean {
  const opening = /^(?:#![^\n]*\n)?\s*(?:\/\/([^\n]*)|\/\*([\s\S]*?)\*\/)/.exec(source);
  return opening !== null && (opening[1] ?? opening[2] ?? '').trim().split(/\s+/).length >= 4;
}

function lineCount(source: string): number {
  return source.split('\n').length - (source.endsWith('\n') ? 1 : 0);
}

describe('the lockfile', () => {
  const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockedPackage> };
  const installed = Object.entries(lock.packages).filter(([path]) => path !== '');

  it('is of a package.json with exact versions only', () => {
    const manifest = JSON.parse(read('package.json')) as Record<string, Record<string, string>>;
    const asked = Object.entries({ ...manifest.dependencies, ...manifest.devDependencies });
    assert.ok(asked.length > 20);
    assert.deepEqual(
      asked.filter(([, version]) => !/^\d+\.\d+\.\d+(-[\w.]+)?$/.test(version)),
      [],
    );
  });

  it('has a checksum for every package', () => {
    assert.deepEqual(
      installed.filter(([, { integrity }]) => !integrity?.startsWith('sha512-')).map(([path]) => path),
      [],
    );
  });

  it('has no package with a known hole', () => {
    assert.deepEqual(tooOld(lock.packages), []);
    const planted = { 'node_modules/a/node_modules/protobufjs': { version: '8.0.1' } };
    assert.deepEqual(tooOld({ ...lock.packages, ...planted }), ['node_modules/a/node_modules/protobufjs 8.0.1']);
    assert.equal(isBelowFloor('7.5.5', ['7.5.6', '8.0.2']), true);
    assert.equal(isBelowFloor('6.11.4', ['7.5.6', '8.0.2']), true);
    assert.equal(isBelowFloor('7.6.6', ['7.5.6', '8.0.2']), false);
    assert.equal(isBelowFloor('9.0.0', ['7.5.6', '8.0.2']), false);
  });

  it('names no package from elsewhere than the registry', () => {
    const elsewhere = Object.entries(lock.packages as Record<string, { resolved?: string; link?: boolean }>);
    const notFromRegistry = elsewhere.filter(
      ([, { resolved, link }]) => link || /^(git|file|http:)/.test(resolved ?? ''),
    );
    assert.deepEqual(notFromRegistry, []);
  });
});

describe('the source', () => {
  const sources = files('src').filter((path) => path.endsWith('.ts'));
  const written = files('src', 'db', 'test', 'bench', 'lab').filter((path) => /\.(ts|cjs|js|mjs)$/.test(path));

  for (const { name, pattern, breach, except } of FORBIDDEN) {
    it(`does not contain ${name}`, () => {
      assert.match(breach, pattern);
      assert.deepEqual(
        sources.filter((path) => path !== except && pattern.test(read(path))),
        [],
      );
    });
  }

  it('opens every file with its purpose, but for tests, whose suites have titles', () => {
    assert.equal(saysItsPurpose("import x from 'y';\n// too late for a purpose"), false);
    assert.ok(sources.length > 0);
    assert.deepEqual(
      written.filter((path) => !path.endsWith('.test.ts') && !saysItsPurpose(read(path))),
      [],
    );
  });

  it(`keeps every file within ${LONGEST_FILE} lines`, () => {
    const lengths = written.map((path) => ({ path, lines: lineCount(read(path)) }));
    const long = lengths.filter(({ lines }) => lines > LONGEST_FILE);
    assert.deepEqual(
      long.map(({ path, lines }) => `${path}: ${lines}`),
      [],
    );
  });

  it('has file names in kebab case, none of them a drawer for everything', () => {
    const names = written.map((path) =>
      path.slice(path.lastIndexOf('/') + 1).replace(/(\.(lab|test|config))*\.\w+$/, ''),
    );
    assert.deepEqual(
      names.filter((name) => !/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name)),
      [],
    );
    assert.deepEqual(
      names.filter((name) => /^(utils?|helpers?|managers?|common|misc|types)$/.test(name)),
      [],
    );
  });
});
