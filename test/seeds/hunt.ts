// Plants a bug into a copy of the source and runs seeds there until one finds it.

import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Bug } from './planted.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SEEDS = 300;

/** The seed that finds it, and what it says; undefined: none did. */
export function hunt(bug: Bug): string | undefined {
  const directory = mkdtempSync(join(tmpdir(), 'virtdc-planted-'));
  try {
    for (const part of ['src', 'test', 'package.json', 'tsconfig.json']) {
      cpSync(join(ROOT, part), join(directory, part), { recursive: true });
    }
    for (const part of ['gen', 'node_modules']) symlinkSync(join(ROOT, part), join(directory, part));
    plant(bug, directory);
    const args = ['--import', 'tsx', 'test/seeds/main.ts', '--count', String(SEEDS), '--quick'];
    const { stdout } = spawnSync(process.execPath, args, { cwd: directory, encoding: 'utf8', timeout: 600_000 });
    return /^seed \d+ fails: .*$/m.exec(stdout)?.[0];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function plant(bug: Bug, directory: string): void {
  for (const { file, text } of planted(bug)) writeFileSync(join(directory, file), text);
}

/** The files as they are with the bug. Throws where it cannot be planted, because what it is planted into has changed. */
export function planted({ name, also, ...first }: Bug): readonly { readonly file: string; readonly text: string }[] {
  return (also === undefined ? [first] : [first, also]).map(({ file, find, replace }) => {
    const parts = readFileSync(join(ROOT, file), 'utf8').split(find);
    const places = parts.length - 1;
    if (places !== 1) throw new Error(`"${name}" cannot be planted: ${file} has ${places} places for it`);
    return { file, text: parts.join(replace) };
  });
}
