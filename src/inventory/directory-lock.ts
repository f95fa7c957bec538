// One process per data directory: a lock that the kernel lets go of when its holder dies, however it dies. Node has no
// flock(), so the lock is a socket in Linux' abstract namespace, named for the directory; a file in the directory says
// who holds it. (The namespace is the network namespace's: containers that share a directory have to share that too.)

import { once } from 'node:events';
import { readFile, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';

export class DirectoryInUseError extends Error {
  override readonly name = 'DirectoryInUseError';
  constructor(
    readonly directory: string,
    /** Undefined if the holder has not said so yet. */
    readonly pid: number | undefined,
  ) {
    super(`${directory} is in use by ${pid === undefined ? 'another process' : `process ${pid}`}`);
  }
}

export interface DirectoryLock {
  release(): Promise<void>;
}

/** The directory has to exist. Rejects with DirectoryInUseError, also if this same process holds it. */
export async function lockDirectory(directory: string): Promise<DirectoryLock> {
  const { dev, ino } = await stat(directory, { bigint: true });
  const holder = join(directory, 'holder.pid');
  const server = createServer((socket) => socket.destroy());
  // The lock alone keeps no process alive.
  server.unref();
  try {
    server.listen({ path: `\0virtdc-data-${dev}-${ino}`, exclusive: true });
    await once(server, 'listening');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE') throw error;
    throw new DirectoryInUseError(directory, await pidIn(holder));
  }
  await writeFile(holder, `${process.pid}\n`);
  return {
    async release() {
      const closed = once(server, 'close');
      server.close();
      await closed;
    },
  };
}

async function pidIn(file: string): Promise<number | undefined> {
  try {
    return Number.parseInt(await readFile(file, 'utf8'), 10);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    return undefined;
  }
}
