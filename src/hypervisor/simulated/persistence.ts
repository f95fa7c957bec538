// Keeps a simulated datacenter in a file, so that its hosts and guests outlive the service as real ones do.

import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { SimulatedDatacenter } from './datacenter.js';
import type { DatacenterOptions } from './settings.js';
import { type DatacenterSnapshot, restore, snapshotOf } from './snapshot.js';

/** Changes of this long go into one write; what a dying process had not written yet never happened. */
const SAVE_AFTER_MS = 250;
/** A large datacenter takes long to write down: not more than one part in so many of the time goes into that. */
const SAVE_SHARE = 20;

export interface KeptDatacenter {
  readonly datacenter: SimulatedDatacenter;
  /** Stops it and writes it down. Rejects where the last write failed. */
  close(): Promise<void>;
}

/** Reads the file, or begins an empty datacenter where there is none. `failed` hears of writes that failed. */
export async function keepDatacenter(
  file: string,
  options: DatacenterOptions,
  failed: (error: unknown) => void,
): Promise<KeptDatacenter> {
  const datacenter = new SimulatedDatacenter(options);
  const snapshot = await readSnapshot(file);
  if (snapshot !== undefined) restore(datacenter, snapshot);

  let writing: Promise<void> = Promise.resolve();
  let due = false;
  let saveTookMs = 0;
  const save = (): Promise<void> => {
    due = false;
    const beganAt = datacenter.now();
    const text = JSON.stringify(snapshotOf(datacenter));
    saveTookMs = datacenter.now() - beganAt;
    const write = writing.then(() => replaceFile(file, text));
    writing = write.catch(() => {});
    return write;
  };
  datacenter.onChange = () => {
    if (due) return;
    due = true;
    datacenter.after(Math.max(SAVE_AFTER_MS, saveTookMs * SAVE_SHARE), () => void save().catch(failed));
  };
  return {
    datacenter,
    async close() {
      datacenter.onChange = () => {};
      datacenter.close();
      // Whoever drives real hosts only finds no file of simulated ones.
      if (snapshot !== undefined || datacenter.hosts.size > 0) await save();
    },
  };
}

async function readSnapshot(file: string): Promise<DatacenterSnapshot | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    return JSON.parse(text) as DatacenterSnapshot;
  } catch (cause) {
    throw new Error(`${file} is no simulated datacenter; remove it to begin with an empty one`, { cause });
  }
}

/** Either the old text or the new one is there, whatever happens in between. */
async function replaceFile(file: string, text: string): Promise<void> {
  const fresh = `${file}.new`;
  await mkdir(dirname(file), { recursive: true });
  await writeFile(fresh, text);
  await rename(fresh, file);
}
