// The service as a process: reads the environment, starts, says where it listens, and stops gracefully when told to.

import { pino } from 'pino';
import { type Config, ConfigError, readConfig } from './config.js';
import { DirectoryInUseError } from './inventory/directory-lock.js';
import { NewerDatabaseError } from './inventory/migrate.js';
import { mayListen } from './may-listen.js';
import { type RunningService, startService } from './service.js';

const EXIT = { ok: 0, failed: 1, badConfiguration: 2 } as const;

async function main(): Promise<void> {
  const config = readConfig(process.env);
  await mayListen(config);
  const log = pino({ level: config.logLevel, redact: ['databaseUrl', '*.databaseUrl'] });
  const service = await startService(config, log);
  say(config, service);
  const signal = await new Promise<string>((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
  log.info({ signal }, 'stopping');
  await service.stop();
  log.info('stopped');
}

/** For the person at the terminal; the log is for programs. */
function say(config: Config, { grpcPort, httpPort }: RunningService): void {
  const lines = [
    `virtdc serves gRPC on ${config.listen.host}:${grpcPort}${config.tls === undefined ? ' (plaintext)' : ''}, http://${config.httpListen.host}:${httpPort}/`,
  ];
  if (config.databaseUrl === undefined) {
    lines.push(
      `embedded database in ${config.dataDir}: one process, safe against its death but not against power loss`,
    );
  }
  if (config.libvirtUri.startsWith('sim://')) {
    lines.push(
      'SIMULATED HOSTS: guests are not real; set VIRTDC_LIBVIRT_URI (and VIRTDC_DATABASE_URL) to drive libvirt',
    );
  }
  process.stderr.write(`${lines.join('\n')}\n`);
}

/** What its operator can mend is said in a sentence; anything else is shown as it is. */
function complain(error: unknown): number {
  const known =
    error instanceof ConfigError || error instanceof DirectoryInUseError || error instanceof NewerDatabaseError;
  process.stderr.write(
    known
      ? `virtdc does not start:\n${error.message}\n`
      : `virtdc failed: ${error instanceof Error ? error.stack : error}\n`,
  );
  return known ? EXIT.badConfiguration : EXIT.failed;
}

main().then(
  () => process.exit(EXIT.ok),
  (error: unknown) => process.exit(complain(error)),
);
