// virtdc leader: which of several replicas leads.

import type { Command } from 'commander';
import { GetLeaderResponse } from '#gen/virtdc/v1/operations_service.js';
import type { Bind, Invocation } from '../invocation.js';
import { fieldLines } from '../table.js';

export function addLeader(program: Command, bind: Bind): void {
  bind(
    program.command('leader').description('which of several replicas leads, as the one that is asked knows it'),
    show,
  );
}

async function show(it: Invocation): Promise<void> {
  const answer = await it.client.operations.getLeader({}, it.call);
  if (it.json) return it.printJson(GetLeaderResponse.toJSON(answer));
  const { holder, address, epoch, isSelf, revision } = answer;
  const fields: [string, string][] = [
    ['leader', holder || 'nobody, as far as is known'],
    ['address', address || '-'],
    ['epoch', String(epoch)],
    ['answered by', isSelf ? 'the leader' : 'a follower'],
    ['at revision', String(revision)],
  ];
  it.out.lines(fieldLines(fields, it.out.paint));
}
