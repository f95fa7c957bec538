// virtdc guests submit: a new guest, placed by virtdc.

import type { Command } from 'commander';
import type { RestartPolicy } from '#gen/virtdc/v1/guest.js';
import type { Strategy } from '#gen/virtdc/v1/placement.js';
import { SubmitGuestResponse } from '#gen/virtdc/v1/placement_service.js';
import { decisionOf } from '../explanation.js';
import { UsageError } from '../failure.js';
import { finish, took } from '../finish.js';
import { type Bind, type Invocation, readInput } from '../invocation.js';
import {
  type DryRun,
  dryRun,
  each,
  given,
  label,
  priorityOption,
  restartOption,
  size,
  strategyOption,
  whole,
} from '../options.js';
import { safe } from '../text.js';

export interface ShapeOptions {
  readonly cpu: number;
  readonly memory: bigint;
  readonly io?: bigint;
  readonly maxMemory?: bigint;
  readonly baseGuest?: string;
  readonly pool?: string;
  readonly network?: string;
  readonly bridge?: string;
  readonly strategy?: Strategy;
}

interface SubmitOptions extends ShapeOptions, DryRun {
  readonly maxCpu?: number;
  readonly mac?: string;
  readonly seed?: boolean;
  readonly guestHostname?: string;
  readonly sshKey?: readonly string[];
  readonly userData?: string;
  readonly restart?: RestartPolicy;
  readonly priority?: number;
  readonly label?: Readonly<Record<string, string>>;
}

/** What a guest needs of a host. */
export function shapeOptions(command: Command): Command {
  return command
    .option('--io <size>', 'disk space; 4 GiB if not given', size)
    .option('--max-memory <size>', 'memory that it can be scaled up to', size)
    .option('--pool <name>', "pool of its disks; the cluster's if not given")
    .option('--network <name>', 'libvirt network of its first interface')
    .option('--bridge <name>', 'bridge of its first interface')
    .addOption(strategyOption());
}

export function nicSource({ network, bridge }: ShapeOptions) {
  if (network !== undefined && bridge !== undefined) throw new UsageError('--network and --bridge exclude each other');
  if (network !== undefined) return { $case: 'network' as const, value: network };
  return bridge === undefined ? undefined : { $case: 'bridge' as const, value: bridge };
}

export function addSubmit(guests: Command, bind: Bind): void {
  const submit = guests
    .command('submit')
    .description('a new guest: placed, made, and seen running')
    .argument('<vmid>')
    .requiredOption('--cpu <n>', 'vCPUs', whole)
    .requiredOption('--memory <size>', 'memory, such as 512M or 2GiB', size)
    .requiredOption('--base-guest <name>', 'the base guest it is made from')
    .option('--max-cpu <n>', 'vCPUs that it can be scaled up to', whole);
  shapeOptions(submit)
    .option('--mac <address>', 'MAC address of its first interface')
    .option('--seed', 'give it a cloud-init seed disk (any of the next three does, too)')
    .option('--guest-hostname <name>', 'its own host name; the vmid if not given')
    .option('--ssh-key <file>', 'SSH public key that may log in; may be repeated', each)
    .option('--user-data <file>', 'cloud-init user data')
    .addOption(restartOption())
    .addOption(priorityOption())
    .option('--label <key=value>', 'label; may be repeated', label);
  bind(dryRun(submit), run);
}

function seedOf({ seed, guestHostname = '', sshKey = [], userData }: SubmitOptions) {
  const wanted = seed === true || guestHostname !== '' || sshKey.length > 0 || userData !== undefined;
  if (!wanted) return undefined;
  const text = (file: string): string => readInput(file).toString('utf8');
  const lines = (file: string): string[] => {
    const content = text(file);
    // A private key is not even sent.
    if (/^-----BEGIN /m.test(content)) throw new UsageError(`${file} is no public key; is ${file}.pub meant?`);
    return content
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '' && !line.startsWith('#'));
  };
  return {
    guestHostname,
    sshAuthorizedKeys: sshKey.flatMap(lines),
    userData: userData === undefined ? '' : text(userData),
  };
}

async function run(it: Invocation, options: SubmitOptions, vmid: string): Promise<void> {
  const { cpu, memory, io, maxCpu, maxMemory, baseGuest, pool, mac, strategy, restart, label: labels } = options;
  const { priority } = options;
  const request = {
    vmid,
    cpu,
    memoryKib: memory,
    ...given({
      ioKib: io,
      maxCpu,
      maxMemoryKib: maxMemory,
      baseGuest,
      pool,
      mac,
      strategy,
      restartPolicy: restart,
      priority,
    }),
    ...given({ nicSource: nicSource(options), seed: seedOf(options) }),
    labels: { ...labels },
    validateOnly: options.dryRun === true,
    requestId: it.requestId,
  };
  const answer = await it.client.placement.submitGuest(request, it.call);
  const { guest, operation, decision } = answer;
  const host = safe(guest?.hostname ?? '');
  if (operation === undefined) {
    if (it.json) it.printJson(SubmitGuestResponse.toJSON(answer));
    else it.out.line(`${safe(vmid)} would go to ${host} (${decisionOf(decision)})`);
    return;
  }
  if (!it.json && !it.async)
    it.out.line(`${safe(vmid)} goes to ${host} ${it.out.paint.dim(`(${decisionOf(decision)})`)}`);
  const ended = await finish(it, operation, `making ${safe(vmid)} on ${host}`);
  if (ended !== undefined && !it.json) it.out.line(`${safe(vmid)} runs on ${host}, made${took(ended)}`);
}
