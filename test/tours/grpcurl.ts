// The Go program grpcurl, built once into .tools/bin where there is Go.

import { execFile } from 'node:child_process';
import { access, constants, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const PACKAGE = 'github.com/fullstorydev/grpcurl/cmd/grpcurl@v1.9.3';
const DIRECTORY = fileURLToPath(new URL('../../.tools/bin', import.meta.url));
const BUILD_MS = 240_000;

/** Undefined where it is not there and cannot be built. */
export async function grpcurl(): Promise<{ readonly directory: string } | undefined> {
  if (!(await isThere())) {
    try {
      await mkdir(DIRECTORY, { recursive: true });
      await promisify(execFile)('go', ['install', PACKAGE], {
        env: { ...process.env, GOBIN: DIRECTORY },
        timeout: BUILD_MS,
      });
    } catch (error) {
      console.log(`grpcurl was not built: ${error instanceof Error ? error.message.slice(0, 500) : String(error)}`);
      return undefined;
    }
  }
  return { directory: DIRECTORY };
}

function isThere(): Promise<boolean> {
  return access(join(DIRECTORY, 'grpcurl'), constants.X_OK).then(
    () => true,
    () => false,
  );
}
