// Guests get more and less while they run; and one that wants more than its host has left moves to one that has it.

import type { Operation } from '#gen/virtdc/v1/operation.js';
import { formatKib } from '../../cli/amounts.js';
import { VirtdcError } from '../../client/error.js';
import { mustHold } from '../discrepancy.js';
import type { Stage } from '../stage.js';

export async function scaling(stage: Stage): Promise<void> {
  const { client, call } = stage.it;
  const { vmid, cpu, memoryKib } = stage.datacenter.scaled;
  stage.chapter(
    'More, and less, while it runs',
    `virtdc scale cpu ${vmid} ${cpu[0]}; virtdc scale memory ${vmid} ${formatKib(memoryKib[0] ?? 0n).replace(' ', '')} ...`,
    'What is asked for, what is seen and what is held for the guest are three things: more is held before the guest',
    'gets it, less only once it was seen to have given it back.',
  );
  for (const wanted of cpu) {
    const { operation } = await client.scaling.scaleCpu({ vmid, cpu: wanted, requestId: stage.requestId }, call);
    await stage.done(operation, `giving ${vmid} ${wanted} vCPUs`);
    const { observed } = await stage.guest(vmid);
    const online = observed?.onlineCpu ?? observed?.pluggedCpu;
    mustHold(online === undefined || online === wanted, `${vmid} has ${wanted} vCPUs online`);
    stage.kept(await threeThings(stage, vmid));
  }
  for (const wanted of memoryKib) {
    const { operation } = await client.scaling.scaleMemory(
      { vmid, memoryKib: wanted, requestId: stage.requestId },
      call,
    );
    await stage.done(operation, `giving ${vmid} ${formatKib(wanted)}`);
    stage.kept(await threeThings(stage, vmid));
  }
}

async function threeThings(stage: Stage, vmid: string): Promise<string> {
  const { currentCpu, currentMemoryKib, observed, claims } = await stage.guest(vmid);
  const { size } = stage.it;
  const seenCpu = observed?.onlineCpu ?? observed?.pluggedCpu;
  const seenMemory = observed?.balloonKib;
  const held = claims[0]?.resources;
  const asked = `${currentCpu} cpu, ${size(currentMemoryKib)} asked for`;
  const seen = `${seenCpu ?? '?'} cpu, ${seenMemory === undefined ? '?' : size(seenMemory)} seen`;
  return `${vmid}: ${asked}; ${seen}; ${held?.cpu ?? 0} cpu, ${size(held?.memoryKib ?? 0n)} held`;
}

export async function outgrowing(stage: Stage): Promise<void> {
  const { client, call, out } = stage.it;
  const { vmid, cpu } = stage.datacenter.outgrown;
  const before = await stage.guest(vmid);
  stage.chapter('A guest outgrows its host', `virtdc scale cpu ${vmid} ${cpu} --on-no-room migrate-self`);
  const refusal = await client.scaling.scaleCpu({ vmid, cpu, requestId: stage.requestId }, call).then(
    () => undefined,
    (error: unknown) => error,
  );
  mustHold(
    refusal instanceof VirtdcError && refusal.reason === 'HOST_DOES_NOT_FIT',
    `${before.hostname} has no room for ${cpu} vCPUs`,
  );
  stage.say(`${out.paint.yellow('refused where it is:')} ${refusal.message}`);

  const request = { vmid, cpu, onNoRoom: 'ON_NO_ROOM_MIGRATE_SELF' as const, requestId: stage.requestId };
  const { operation, destHost } = await client.scaling.scaleCpu(request, call);
  stage.say(`so it moves to ${destHost} first:`);
  await showMove(stage, operation);
  await stage.done(operation, `giving ${vmid} ${cpu} vCPUs`);
  const after = await stage.guest(vmid);
  mustHold(after.hostname === destHost && after.hostname !== before.hostname, `${vmid} is on ${destHost}`);
  mustHold(after.currentCpu === cpu, `${vmid} has ${cpu} vCPUs`);
  stage.kept(`${vmid} moved from ${before.hostname} to ${after.hostname} and has ${cpu} vCPUs`);
}

/** The move is an operation of its own, a part of the scaling. */
async function showMove(stage: Stage, scale: Operation | undefined): Promise<void> {
  const { client, call } = stage.it;
  const filter = { parent: scale?.name ?? '' };
  const deadline = performance.now() + 10_000;
  while (performance.now() < deadline) {
    const { operations } = await client.operations.listOperations({ filter }, call);
    const [part] = operations;
    if (part !== undefined) {
      await stage.done(part, 'moving');
      return;
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  mustHold(false, 'the scaling has the move as a part');
}
