// Behind bin/with-postgres: runs a command with a throw-away Postgres, and ends with the command's exit code.

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { postgresMissing, startPostgres } from './postgres.js';

const [command, ...args] = process.argv.slice(2);
const missing = postgresMissing();
if (command === undefined) {
  console.error('Usage: bin/with-postgres COMMAND [ARGUMENT ...]');
  process.exit(2);
}
if (missing !== undefined) {
  console.error(missing);
  process.exit(3);
}

const server = await startPostgres();
try {
  const env = { ...process.env, VIRTDC_DATABASE_URL: await server.createDatabase() };
  const child = spawn(command, args, { stdio: 'inherit', env });
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal));
  const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
  process.exitCode = code ?? (signal === 'SIGINT' ? 130 : 143);
} finally {
  await server.end();
}
