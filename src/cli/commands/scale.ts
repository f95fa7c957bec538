// virtdc scale: guests get more or less while they run.

import type { Command } from 'commander';
import type { Operation } from '#gen/virtdc/v1/operation.js';
import { type OnNoRoom, ScaleCpuResponse, ScaleMemoryResponse } from '#gen/virtdc/v1/scaling_service.js';
import { formatKib, parseKib } from '../amounts.js';
import { UsageError } from '../failure.js';
import { finish, took } from '../finish.js';
import type { Bind, Invocation } from '../invocation.js';
import { type DryRun, dryRun, given, type IfRevision, ifRevision, onNoRoomOption } from '../options.js';
import { safe } from '../text.js';

interface ScaleOptions extends DryRun, IfRevision {
  readonly host?: string;
  readonly onNoRoom?: OnNoRoom;
}

export function addScale(program: Command, bind: Bind): void {
  const scale = program.command('scale').description('more or less for a running guest');
  bind(common(scale.command('cpu').description("change a guest's vCPUs").argument('<vmid>').argument('<cpu>')), cpu);
  bind(
    common(
      scale
        .command('memory')
        .description("change a guest's memory")
        .argument('<vmid>')
        .argument('<size>', 'such as 512M or 2GiB'),
    ),
    memory,
  );
}

function common(command: Command): Command {
  return dryRun(ifRevision(command)).option('--host <name>', 'only if it is on this host').addOption(onNoRoomOption());
}

function requestOf(
  it: Invocation,
  { host, onNoRoom, ifRevision: revision = 0n, dryRun: validateOnly = false }: ScaleOptions,
) {
  return { ...given({ hostname: host, onNoRoom }), revision, validateOnly, requestId: it.requestId };
}

async function cpu(it: Invocation, options: ScaleOptions, vmid: string, wanted: string): Promise<void> {
  if (!/^\d{1,9}$/.test(wanted)) throw new UsageError(`'${wanted}' is no number of vCPUs`);
  const request = { ...requestOf(it, options), vmid, cpu: Number(wanted) };
  const answer = await it.client.scaling.scaleCpu(request, it.call);
  await end(it, answer, ScaleCpuResponse.toJSON(answer), vmid, `${wanted} vCPUs`);
}

async function memory(it: Invocation, options: ScaleOptions, vmid: string, wanted: string): Promise<void> {
  const memoryKib = parseKib(wanted);
  const request = { ...requestOf(it, options), vmid, memoryKib };
  const answer = await it.client.scaling.scaleMemory(request, it.call);
  await end(it, answer, ScaleMemoryResponse.toJSON(answer), vmid, `${formatKib(memoryKib)} of memory`);
}

async function end(
  it: Invocation,
  { operation, destHost }: { operation: Operation | undefined; destHost: string },
  json: unknown,
  vmid: string,
  what: string,
): Promise<void> {
  const move = destHost === '' ? '' : `, after a move to ${safe(destHost)}`;
  if (operation === undefined) {
    if (it.json) it.printJson(json);
    else it.out.line(`${safe(vmid)} would get ${what}${move}`);
    return;
  }
  const ended = await finish(it, operation, `scaling ${safe(vmid)} to ${what}${move}`);
  if (ended !== undefined && !it.json) it.out.line(`${safe(vmid)} has ${what}${move}${it.out.paint.dim(took(ended))}`);
}
