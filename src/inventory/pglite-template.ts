// A data directory of PGlite with the schema in it, ready to be copied. To make one takes seconds, to copy it does not;
// so it is made once per machine and kept in node_modules/.cache under a name that says what it was made from.

import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import { PGlite } from '@electric-sql/pglite';
import { migrate, migrations } from './migrate.js';

const CACHE = new URL('../../node_modules/.cache/virtdc/', import.meta.url);

let template: Promise<Blob> | undefined;

/** A tar archive for PGlite's loadDataDir. */
export function readyDataDirectory(): Promise<Blob> {
  template ??= fromCache();
  return template;
}

export function migratePglite(pglite: PGlite): Promise<void> {
  return migrate(async (text) => {
    const results = await pglite.exec(text);
    return results.at(-1)?.rows ?? [];
  });
}

async function fromCache(): Promise<Blob> {
  const file = new URL(`pglite-${await fingerprint()}.tar.gz`, CACHE);
  const cached = await readFile(file).catch(() => undefined);
  if (cached !== undefined) return new Blob([await promisify(gunzip)(cached)]);
  const made = await make();
  await keep(file, Buffer.from(await made.arrayBuffer()));
  return made;
}

/** Other migrations or another PGlite make another directory. */
async function fingerprint(): Promise<string> {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite');
  const pglite = new URL('../package.json', pathToFileURL(entry));
  const hash = createHash('sha256').update((JSON.parse(await readFile(pglite, 'utf8')) as { version: string }).version);
  for (const migration of migrations()) hash.update(migration.hash);
  return hash.digest('hex').slice(0, 16);
}

async function make(): Promise<Blob> {
  const pglite = await PGlite.create();
  try {
    await migratePglite(pglite);
    return await pglite.dumpDataDir('none');
  } finally {
    await pglite.close();
  }
}

/** Whole or not at all: several processes may do this at once. */
async function keep(file: URL, tar: Buffer): Promise<void> {
  const unfinished = new URL(`${file.href}.${process.pid}`);
  try {
    await mkdir(CACHE, { recursive: true });
    await writeFile(unfinished, await promisify(gzip)(tar, { level: 1 }));
    await rename(unfinished, file);
  } catch (error) {
    // Installed where we may not write, or no room: the next start takes longer, that is all.
    const { code } = error as NodeJS.ErrnoException;
    if (code === undefined || !CANNOT_KEEP.has(code)) throw error;
    process.emitWarning(`the embedded database could not be kept in ${fileURLToPath(CACHE)}: ${code}`);
  }
}

const CANNOT_KEEP = new Set(['EACCES', 'EPERM', 'EROFS', 'ENOSPC', 'EDQUOT']);
