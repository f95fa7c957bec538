// virtdc space and explain: whether a guest would find room, and what speaks for and against every host.

import type { Command } from 'commander';
import type { Strategy } from '#gen/virtdc/v1/placement.js';
import { CheckSpaceResponse, ExplainPlacementResponse } from '#gen/virtdc/v1/placement_service.js';
import { decisionOf, explanationLines } from '../explanation.js';
import { AnswerIsNo, UsageError } from '../failure.js';
import type { Bind, Invocation } from '../invocation.js';
import { given, size, whole } from '../options.js';
import { safe } from '../text.js';
import { nicSource, type ShapeOptions, shapeOptions } from './submit.js';

export function addSpace(program: Command, bind: Bind): void {
  bind(
    shapeOptions(
      program
        .command('space')
        .description('whether a guest would find room now, and where; exit code 22 if not')
        .requiredOption('--cpu <n>', 'vCPUs', whole)
        .requiredOption('--memory <size>', 'memory', size)
        .option('--base-guest <name>', 'the base guest it would be made from'),
    ),
    space,
  );
  bind(
    shapeOptions(
      program
        .command('explain')
        .description(
          'what speaks for and against every host: for a guest that exists, or for one that might be submitted',
        )
        .argument('[vmid]')
        .option('--cpu <n>', 'vCPUs', whole)
        .option('--memory <size>', 'memory', size)
        .option('--base-guest <name>', 'the base guest it would be made from'),
    ),
    explain,
  );
}

function shapeOf(options: ShapeOptions) {
  const { cpu, memory, io, maxMemory, baseGuest, pool } = options;
  return {
    cpu,
    memoryKib: memory,
    ...given({ ioKib: io, maxMemoryKib: maxMemory, baseGuest, pool, nicSource: nicSource(options) }),
  };
}

async function space(it: Invocation, options: ShapeOptions): Promise<void> {
  const request = { shape: shapeOf(options), ...given({ strategy: options.strategy }) };
  const answer = await it.client.placement.checkSpace(request, it.call);
  if (it.json) it.printJson(CheckSpaceResponse.toJSON(answer));
  else if (answer.fits) it.out.line(`yes: on ${safe(answer.hostname)} (${decisionOf(answer.decision)})`);
  else it.out.line(`no (${decisionOf(answer.decision)}); virtdc explain has the figures`);
  if (!answer.fits) throw new AnswerIsNo();
}

async function explain(it: Invocation, options: Partial<ShapeOptions>, vmid?: string): Promise<void> {
  const { client, call, out } = it;
  const subject = subjectOf(options, vmid);
  const strategy: { strategy?: Strategy } = given({ strategy: options.strategy });
  const answer = await client.placement.explainPlacement({ subject, ...strategy }, call);
  if (it.json) it.printJson(ExplainPlacementResponse.toJSON(answer));
  else if (answer.explanation !== undefined) out.lines(explanationLines(answer.explanation, out.paint));
}

function subjectOf(options: Partial<ShapeOptions>, vmid: string | undefined) {
  if (vmid !== undefined) return { $case: 'vmid' as const, value: vmid };
  const { cpu, memory } = options;
  if (cpu === undefined || memory === undefined) throw new UsageError('a vmid, or --cpu and --memory are due');
  return { $case: 'shape' as const, value: shapeOf({ ...options, cpu, memory }) };
}
