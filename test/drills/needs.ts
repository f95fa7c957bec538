// What a machine may lack for a drill, and what would mend that.

import { readdirSync } from 'node:fs';
import { labAvailable } from '../lab.js';
import { postgresMissing } from '../postgres.js';
import type { Need } from './drill.js';

const REASON: { readonly [N in Need]: () => string | undefined } = {
  postgres: () => {
    if (process.env.VIRTDC_TEST_DATABASE_URL) return 'drills stop Postgres: unset VIRTDC_TEST_DATABASE_URL';
    return postgresMissing();
  },
  lab: () => {
    const available = labAvailable();
    return available.ok ? undefined : available.reason;
  },
  faketime: () =>
    faketimeLibrary() === undefined ? 'libfaketime is missing: bin/setup-debian drills, as root' : undefined,
};

/** Why a drill cannot run here; undefined if it can. */
export function missingFor(needs: readonly Need[]): string | undefined {
  const reasons = needs.flatMap((need) => REASON[need]() ?? []);
  return reasons.length === 0 ? undefined : reasons.join('; ');
}

/** The library that is preloaded into a process to make up its time; undefined if it is not installed. */
export function faketimeLibrary(): string | undefined {
  const file = '/usr/lib';
  for (const architecture of readdirSync(file).filter((name) => name.endsWith('-linux-gnu'))) {
    const folder = `${file}/${architecture}/faketime`;
    try {
      if (readdirSync(folder).includes('libfaketime.so.1')) return `${folder}/libfaketime.so.1`;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    }
  }
  return undefined;
}
