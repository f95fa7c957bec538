// A file that says who may do what: read at start, and again whenever it has changed. One that cannot be read or makes no
// sense ends the start; later on the last good one holds, and the log says why.

import { readFile, stat } from 'node:fs/promises';
import { LIMITS } from '../limits.js';
import type { Clock } from '../ports/clock.js';

/** Names the file and the line, never what is in it. */
export class AccessFileError extends Error {
  override readonly name = 'AccessFileError';
}

export interface Complaints {
  error(about: { err: unknown }, message: string): void;
}

export interface AccessFile<T> {
  /** As the file was when it made sense last. */
  readonly current: T;
  close(): void;
}

/** Calls parse() with the file's text; it throws AccessFileError for what makes no sense. */
export async function openAccessFile<T>(
  path: string,
  parse: (text: string) => T,
  clock: Clock,
  log: Complaints,
): Promise<AccessFile<T>> {
  let stamp = await stampOf(path);
  let current = await read(path, parse);
  const closing = new AbortController();

  async function lookAgain(): Promise<void> {
    const seen = await stampOf(path);
    if (seen === stamp) return;
    stamp = seen;
    try {
      current = await read(path, parse);
    } catch (error) {
      log.error({ err: error }, 'a file that says who may do what was changed and cannot be used: the last one holds');
    }
  }

  async function follow(): Promise<void> {
    for (;;) {
      const waited = await clock.sleep(LIMITS.accessReloadMs, closing.signal).then(
        () => true,
        () => false,
      );
      if (!waited) return;
      await lookAgain();
    }
  }

  void follow();
  return {
    get current() {
      return current;
    },
    close: () => closing.abort(),
  };
}

/** Changes with the file; empty where there is none. */
async function stampOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch {
    // read() says what is wrong with it.
    return '';
  }
}

async function read<T>(path: string, parse: (text: string) => T): Promise<T> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    throw new AccessFileError(`${path}: ${(error as NodeJS.ErrnoException).code ?? 'cannot be read'}`, {
      cause: error,
    });
  }
  if (text.length > LIMITS.maxAccessFileChars) throw new AccessFileError(`${path}: it is too long`);
  try {
    return parse(text);
  } catch (error) {
    if (error instanceof AccessFileError) throw new AccessFileError(`${path}: ${error.message}`, { cause: error });
    throw error;
  }
}

/** The words of each line that has any and is no comment (#), with the line's number. */
export function linesOf(text: string): { readonly line: number; readonly words: readonly string[] }[] {
  return text
    .split(/\r?\n/)
    .map((content, index) => ({ line: index + 1, words: content.trim().split(/\s+/) }))
    .filter(({ words: [first = ''] }) => first !== '' && !first.startsWith('#'));
}
