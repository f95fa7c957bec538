// A nodeinfo.xml becomes a fleet of hosts.

import { nodeInfoLines } from '../../cli/node-info.js';
import { followHosts } from '../../client/follow.js';
import { mustHold } from '../discrepancy.js';
import type { Stage } from '../stage.js';

const READY_WITHIN_MS = 30_000;

export async function hosts(stage: Stage): Promise<void> {
  const { client, call, out, size } = stage.it;
  const { nodeinfo: xml, hostnames } = stage.datacenter;
  stage.chapter(
    'Hosts come from a nodeinfo.xml',
    'virtdc hosts import nodeinfo.xml',
    'What a host has, but does not make available to guests, becomes its reserve.',
  );
  const first = await client.hosts.importNodeInfo({ xml, requestId: stage.requestId }, call);
  out.lines(nodeInfoLines(first.changes, size, out.paint, { details: false }));
  const again = await client.hosts.importNodeInfo({ xml, requestId: stage.requestId }, call);
  mustHold(
    again.changes.every(({ kind }) => kind === 'NODE_INFO_CHANGE_KIND_UNCHANGED'),
    'an import repeated changes nothing',
  );
  stage.kept('imported once more: nothing changed');

  await allReady(stage, hostnames);
  stage.hostsAtFirst = await stage.hosts();
  await stage.showHosts();
  if (stage.datacenter.remark !== '') stage.say(out.paint.dim(stage.datacenter.remark));
}

/** New hosts are connected to after the import; the watch tells when. */
async function allReady(stage: Stage, hostnames: readonly string[]): Promise<void> {
  const waiting = new Set(hostnames);
  const signal = AbortSignal.any([stage.it.call.signal, AbortSignal.timeout(READY_WITHIN_MS)]);
  for await (const { events } of followHosts(stage.it.client.hosts, { signal })) {
    for (const { event } of events) {
      if (event?.$case !== 'upserted') continue;
      const { hostname, condition, conditionReason } = event.value;
      if (condition === 'HOST_CONDITION_READY') waiting.delete(hostname);
      else stage.it.out.move(`waiting for ${hostname} ${conditionReason}`);
    }
    if (waiting.size === 0) break;
  }
  stage.it.out.still();
  mustHold(waiting.size === 0, `${[...waiting].join(', ')} can be reached`);
}
