// Guests are submitted: each is given the host that suits it, and one that fits nowhere is told why.

import { explanationLines } from '../../cli/explanation.js';
import { VirtdcError } from '../../client/error.js';
import type { GuestPlan } from '../datacenter.js';
import { mustHold } from '../discrepancy.js';
import type { Stage } from '../stage.js';
import { BASE_GUEST } from './storage.js';

export async function guests(stage: Stage): Promise<void> {
  const { client, call, out } = stage.it;
  const { guests: plans, tooLarge } = stage.datacenter;
  stage.chapter(
    'Guests are submitted',
    'virtdc guests submit ...',
    'What happens to them is told by a watch, on the lines that begin with ┊.',
  );
  const submit = (plan: GuestPlan) =>
    client.placement.submitGuest({ ...plan, baseGuest: BASE_GUEST, requestId: stage.requestId }, call);

  const begun = [];
  for (const plan of plans) begun.push(await submit(plan));
  await stage.allDone(
    begun.map(({ operation }) => operation),
    'making guests',
  );
  await stage.showGuests();
  await stage.showHosts();
  const running = await stage.guests();
  mustHold(
    running.every(({ state }) => state === 'GUEST_STATE_RUNNING'),
    'every guest runs',
  );

  stage.say('');
  stage.say(`${tooLarge.vmid} wants ${tooLarge.cpu} vCPUs and ${stage.it.size(tooLarge.memoryKib)}:`);
  const refusal = await submit(tooLarge).then(
    () => undefined,
    (error: unknown) => error,
  );
  mustHold(refusal instanceof VirtdcError && refusal.reason === 'NO_HOST_FITS', `${tooLarge.vmid} is refused`);
  stage.say(`${out.paint.yellow('refused:')} ${refusal.message}`);
  if (refusal.explanation !== undefined) out.lines(explanationLines(refusal.explanation, out.paint));
}
