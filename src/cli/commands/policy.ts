// virtdc policy: what holds for the whole cluster.

import type { Command } from 'commander';
import { ClusterPolicy, type Strategy } from '#gen/virtdc/v1/placement.js';
import type { Bind, Invocation } from '../invocation.js';
import {
  given,
  type IfRevision,
  ifRevision,
  type Portions,
  portions,
  ratiosOf,
  reserveOf,
  strategyOption,
} from '../options.js';
import { fieldLines } from '../table.js';
import { bare } from '../words.js';

export function addPolicy(program: Command, bind: Bind): void {
  const policy = program.command('policy').description('what holds for the whole cluster');
  bind(policy.command('get', { isDefault: true }).description('show it'), get);
  bind(
    ifRevision(
      portions(
        policy
          .command('set')
          .description('change it; what is not given stays as it is; ratios and reserves are for hosts to come'),
      )
        .addOption(strategyOption())
        .option('--default-pool <name>', "pool of guests that name none; '' for none"),
    ),
    set,
  );
}

async function get(it: Invocation): Promise<void> {
  show(it, (await it.client.placement.getClusterPolicy({}, it.call)).policy);
}

async function set(
  it: Invocation,
  options: Portions & IfRevision & { strategy?: Strategy; defaultPool?: string },
): Promise<void> {
  const request = {
    ...given({ strategy: options.strategy, defaultPool: options.defaultPool }),
    ...given({ defaultRatios: ratiosOf(options), defaultReserve: reserveOf(options) }),
    revision: options.ifRevision ?? 0n,
    requestId: it.requestId,
  };
  show(it, (await it.client.placement.setClusterPolicy(request, it.call)).policy);
}

function show(it: Invocation, policy: ClusterPolicy | undefined): void {
  if (policy === undefined) return;
  if (it.json) {
    it.printJson(ClusterPolicy.toJSON(policy));
    return;
  }
  const { strategy, defaultRatios, defaultReserve, defaultPool, revision } = policy;
  const fields: [string, string][] = [
    ['strategy', bare(strategy, 'STRATEGY')],
    [
      'default ratios',
      `cpu ${defaultRatios?.cpu ?? 1}, memory ${defaultRatios?.memory ?? 1}, io ${defaultRatios?.io ?? 1}`,
    ],
    [
      'default reserve',
      `${defaultReserve?.cpu ?? 0} cpu, ${it.size(defaultReserve?.memoryKib ?? 0n)} memory, ${it.size(defaultReserve?.ioKib ?? 0n)} io`,
    ],
    ['default pool', defaultPool || '(the only one there is)'],
    ['revision', String(revision)],
  ];
  it.out.lines(fieldLines(fields, it.out.paint));
}
