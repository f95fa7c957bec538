// The program: its global options, its commands, and how a run becomes an exit code.

import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { addAudit } from './commands/audit.js';
import { addAuditLog } from './commands/audit-log.js';
import { addBaseGuests } from './commands/base-guests.js';
import { addGuests } from './commands/guests.js';
import { addHosts } from './commands/hosts.js';
import { addImages } from './commands/images.js';
import { addLeader } from './commands/leader.js';
import { addMigrate } from './commands/migrate.js';
import { addMigrations } from './commands/migrations.js';
import { addOperations } from './commands/operations.js';
import { addPolicy } from './commands/policy.js';
import { addPools } from './commands/pools.js';
import { addScale } from './commands/scale.js';
import { addSpace } from './commands/space.js';
import { EXIT, tell } from './failure.js';
import { type Bind, begin, type GlobalOptions, type Running, type Surroundings } from './invocation.js';
import { paintFor } from './paint.js';
import { Screen } from './screen.js';

const DEFAULT_SERVER = '127.0.0.1:50051';

/** Runs one command line, without the two words it begins with, and answers the exit code. */
export async function runCli(words: readonly string[], surroundings: Surroundings): Promise<number> {
  let failure: { error: unknown } | undefined;
  let running: Running | undefined;
  const bind: Bind = (command, handler) =>
    command.action(async (...parts: unknown[]) => {
      const used = parts.at(-1) as Command;
      const operands = parts
        .slice(0, -2)
        .flat()
        .filter((part) => part !== undefined) as string[];
      try {
        running = begin(used.optsWithGlobals<GlobalOptions>(), surroundings);
        await handler(running.invocation, used.opts<object>() as never, ...operands);
      } catch (error) {
        failure = { error };
      }
    });
  const program = programOf(bind, surroundings);
  try {
    await program.parseAsync([...words], { from: 'user' });
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
    throw error;
  }
  running?.end();
  if (failure === undefined) return EXIT.ok;
  const { json, color, server } = program.opts<GlobalOptions>();
  const { stderr, environment, interrupted } = surroundings;
  const screen = running?.invocation.err ?? new Screen(stderr, paintFor(stderr.isTTY === true, color, environment));
  running?.invocation.out.still();
  return tell(failure.error, screen, {
    server,
    json: json === true,
    timedOut: running?.timedOut?.aborted === true,
    interrupted: interrupted.aborted,
  });
}

function programOf(bind: Bind, { stdout, stderr }: Surroundings): Command {
  const program = new Command('virtdc')
    .description('places, watches, scales and live-migrates the guests of a virtual datacenter')
    .exitOverride()
    .configureOutput({
      writeOut: (text) => stdout.write(text),
      writeErr: (text) => stderr.write(text),
    })
    .showHelpAfterError('(--help tells more)')
    .addOption(
      new Option('--server <addresses>', 'the service, HOST:PORT, or its replicas, with commas')
        .env('VIRTDC_SERVER')
        .default(DEFAULT_SERVER),
    )
    .addOption(new Option('--tls', 'use TLS (implied by the next four)').env('VIRTDC_CLIENT_TLS'))
    .addOption(new Option('--tls-ca <file>', "CA of the service's certificate, PEM").env('VIRTDC_CLIENT_CA'))
    .addOption(new Option('--tls-cert <file>', 'certificate to show to the service, PEM').env('VIRTDC_CLIENT_CERT'))
    .addOption(new Option('--tls-key <file>', 'its key, PEM').env('VIRTDC_CLIENT_KEY'))
    .addOption(
      new Option('--tls-server-name <name>', "name in the service's certificate").env('VIRTDC_CLIENT_SERVER_NAME'),
    )
    .addOption(
      new Option('--token-file <file>', 'file with the token to show to the service').env('VIRTDC_CLIENT_TOKEN_FILE'),
    )
    .option('--json', 'print messages of the API as JSON; streams one a line')
    .option('--no-color', 'no colours')
    .option('--kib', 'sizes in tables as numbers of KiB')
    .option('--timeout <seconds>', 'give up after this time', seconds)
    .option('--request-id <id>', 'the request id of a change, to repeat it safely; made up if not given')
    .option('--async', 'do not wait for operations: print their names');
  for (const add of [addHosts, addPools, addImages, addBaseGuests, addGuests]) add(program, bind);
  for (const add of [
    addSpace,
    addMigrate,
    addMigrations,
    addScale,
    addOperations,
    addPolicy,
    addAudit,
    addAuditLog,
    addLeader,
  ])
    add(program, bind);
  for (const group of program.commands) refuseUnknown(group);
  return program;
}

/** A word that is no command of the group is not taken for an argument of the one that is meant without any. */
function refuseUnknown(group: Command): void {
  group.hook('preSubcommand', (_, meant) => {
    const [word = ''] = group.args;
    if (word !== '' && word !== meant.name() && !meant.aliases().includes(word) && !word.startsWith('-'))
      group.error(`error: unknown command '${word}'`, { code: 'commander.unknownCommand', exitCode: EXIT.usage });
  });
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d{1,7}(\.\d{1,3})?$/.test(text) || value <= 0) throw new InvalidArgumentError('A number of seconds is due.');
  return value;
}
