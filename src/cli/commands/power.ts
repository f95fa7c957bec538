// virtdc guests terminate, start, stop, reboot, pause and resume: what begins one operation and waits for its end.

import type { Command } from 'commander';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { finish, took } from '../finish.js';
import type { Bind, Invocation } from '../invocation.js';
import { given, type IfRevision, ifRevision, whole } from '../options.js';
import { safe } from '../text.js';

interface Named {
  readonly vmid: string;
  readonly revision: bigint;
  readonly requestId: string;
}

interface Verb {
  readonly name: string;
  readonly description: string;
  readonly doing: string;
  readonly done: string;
  readonly begin: (it: Invocation, request: Named) => Promise<{ operation: Operation | undefined }>;
}

const VERBS: readonly Verb[] = [
  {
    name: 'terminate',
    description: 'remove a guest for good, with the disks that virtdc made',
    doing: 'terminating',
    done: 'is gone, and what it held is free',
    begin: ({ client, call }, request) => client.placement.terminateGuest(request, call),
  },
  {
    name: 'start',
    description: 'start a STOPPED or LOST guest again',
    doing: 'starting',
    done: 'runs',
    begin: ({ client, call }, request) => client.guests.startGuest(request, call),
  },
  {
    name: 'pause',
    description: 'pause a guest; it keeps its memory and its claim',
    doing: 'pausing',
    done: 'is paused',
    begin: ({ client, call }, request) => client.guests.pauseGuest(request, call),
  },
  {
    name: 'resume',
    description: 'let a paused guest run on',
    doing: 'resuming',
    done: 'runs on',
    begin: ({ client, call }, request) => client.guests.resumeGuest(request, call),
  },
];

export function addPower(guests: Command, bind: Bind): void {
  for (const verb of VERBS) {
    const command = guests.command(verb.name).description(verb.description).argument('<vmid>');
    bind<IfRevision>(ifRevision(command), async (it, options, vmid = '') => {
      const { operation } = await verb.begin(it, named(it, options, vmid));
      await end(it, operation, verb.doing, verb.done, vmid);
    });
  }
  bind(
    ifRevision(
      guests
        .command('stop')
        .description('power a guest off; it keeps its disks and its claim')
        .argument('<vmid>')
        .option('--grace <seconds>', 'how long it may take to power off by itself; 60 if not given', whole)
        .option('--force', 'cut its power when that time is up'),
    ),
    stop,
  );
  bind(
    ifRevision(
      guests
        .command('reboot')
        .description('reboot a guest')
        .argument('<vmid>')
        .option('--force', 'reset it, as by a button'),
    ),
    reboot,
  );
}

function named(it: Invocation, { ifRevision: revision = 0n }: IfRevision, vmid: string): Named {
  return { vmid, revision, requestId: it.requestId };
}

async function stop(
  it: Invocation,
  options: IfRevision & { grace?: number; force?: boolean },
  vmid: string,
): Promise<void> {
  const request = { ...named(it, options, vmid), ...given({ graceS: options.grace }), force: options.force === true };
  const { operation } = await it.client.guests.stopGuest(request, it.call);
  await end(it, operation, 'stopping', 'is powered off', vmid);
}

async function reboot(it: Invocation, options: IfRevision & { force?: boolean }, vmid: string): Promise<void> {
  const request = { ...named(it, options, vmid), force: options.force === true };
  const { operation } = await it.client.guests.rebootGuest(request, it.call);
  await end(it, operation, 'rebooting', 'was rebooted', vmid);
}

async function end(
  it: Invocation,
  operation: Operation | undefined,
  doing: string,
  done: string,
  vmid: string,
): Promise<void> {
  const ended = await finish(it, operation, `${doing} ${safe(vmid)}`);
  if (ended !== undefined && !it.json) it.out.line(`${safe(vmid)} ${done}${it.out.paint.dim(took(ended))}`);
}
