// virtdc, the command: runs one command line in the surroundings of this process.

import { runCli } from './cli.js';
import { EXIT } from './failure.js';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(EXIT.interrupted);
  interrupted.abort();
});

// Whoever reads our output may have seen enough, as `head` does: then there is nobody left to tell anything.
for (const stream of [process.stdout, process.stderr]) {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit(EXIT.ok);
    throw error;
  });
}

const { stdin, stdout, stderr, env: environment } = process;
process.exitCode = await runCli(process.argv.slice(2), {
  stdin,
  stdout,
  stderr,
  environment,
  interrupted: interrupted.signal,
});
