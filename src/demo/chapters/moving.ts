// Guests move while they run: one by wish, all of a host's to empty it, and one while the service itself is replaced.

import type { GuestMigration } from '#gen/virtdc/v1/migration.js';
import { formatMs } from '../../cli/amounts.js';
import { migrationOf } from '../../cli/finish.js';
import { MigrationView, outcomeOf } from '../../cli/progress.js';
import { plural } from '../../cli/words.js';
import { mustHold } from '../discrepancy.js';
import type { Stage } from '../stage.js';

/** How far a migration has to be before the service is stopped under it. */
const UNDER_WAY_PERCENT = 15;
const ALMOST_OVER_PERCENT = 70;

export async function moving(stage: Stage): Promise<void> {
  const [first] = stage.datacenter.guests;
  const vmid = first?.vmid ?? '';
  stage.chapter('A live migration', `virtdc migrate ${vmid}`);
  const before = await stage.datacenter.testify(stage.it, vmid);
  const { client, call } = stage.it;
  const { checks, destHost } = await client.migration.checkMigration({ vmid }, call);
  const failed = checks.filter(({ verdict }) => verdict === 'CHECK_VERDICT_FAIL');
  mustHold(failed.length === 0, `nothing speaks against it: ${failed.map(({ detail }) => detail).join('; ')}`);
  stage.say(`${checks.length} checks, none fails; it would go to ${destHost}`);
  await stage.move(vmid, destHost);
  const after = await stage.datacenter.testify(stage.it, vmid);
  mustHold(after.bootId === before.bootId, `${vmid} was not rebooted`);
  stage.kept(`the guest itself noticed nothing: boot id ${after.bootId} before and after`);
}

export async function evacuation(stage: Stage): Promise<void> {
  const { client, call } = stage.it;
  const hosts = await stage.hosts();
  // The one with the most guests: where there is something to see.
  const [fullest] = [...hosts].sort((a, b) => b.guests - a.guests);
  mustHold(fullest !== undefined && fullest.guests > 0, 'some host has guests');
  const { hostname } = fullest;
  stage.chapter('A host is emptied', `virtdc hosts cordon ${hostname}; virtdc migrate ... for each of its guests`);
  await client.hosts.cordonHost({ hostname, requestId: stage.requestId }, call);
  const { guests } = await client.guests.listGuests({ filter: { hostnames: [hostname] } }, call);
  for (const { vmid } of guests) await stage.move(vmid);
  const { host } = await client.hosts.getHost({ hostname }, call);
  mustHold(host?.guests === 0 && host.claimed?.cpu === 0 && host.claimed.memoryKib === 0n, `${hostname} is empty`);
  stage.kept(`${hostname} is empty: ${plural(guests.length, 'guest')} left it, and nothing is held there`);
  await stage.showHosts();
  await client.hosts.uncordonHost({ hostname, requestId: stage.requestId }, call);
}

export async function restart(stage: Stage): Promise<void> {
  const { out } = stage.it;
  const { vmid } = stage.datacenter.outgrown;
  const { slowMibPerS } = stage.datacenter;
  stage.chapter(
    'The service is replaced in the middle of a migration',
    `virtdc migrate ${vmid} --bandwidth ${slowMibPerS}`,
  );
  const { operation: name, progress } = await underWay(stage, vmid, slowMibPerS);
  const since = performance.now();
  await stage.service.stop();
  stage.say(out.paint.yellow(`the service is stopped at ${progress?.percent ?? '?'} %`));
  await stage.service.start();
  stage.say(
    `started again after ${formatMs(performance.now() - since)}; it finds the operation, and looks how far it is:`,
  );
  const { operation } = await stage.it.client.operations.getOperation({ name }, stage.it.call);
  await stage.done(operation, `moving ${vmid}`);
  stage.kept(`${vmid} ${outcomeOf(await migrationOf(stage.it, name))}`);
}

/** A migration that has begun and will last a while; one that was over too soon is done once more, slower. */
async function underWay(stage: Stage, vmid: string, mibPerS: number): Promise<GuestMigration> {
  const { client, call, out } = stage.it;
  const request = { vmid, policy: { bandwidthMibPerS: BigInt(mibPerS) }, requestId: stage.requestId };
  const { operation } = await client.migration.migrateGuest(request, call);
  const name = operation?.name ?? '';
  const view = new MigrationView(out);
  for await (const { migration } of client.migration.watchMigration({ operation: name }, call)) {
    if (migration === undefined) continue;
    view.show(migration);
    if ((migration.progress?.percent ?? 0) >= UNDER_WAY_PERCENT) break;
  }
  view.end();
  const seen = await migrationOf(stage.it, name);
  if (seen.state === 'OPERATION_STATE_RUNNING' && (seen.progress?.percent ?? 100) < ALMOST_OVER_PERCENT) return seen;
  mustHold(mibPerS > 1, `a migration of ${vmid} takes long enough to stop the service in the middle of it`);
  await stage.done(operation, `moving ${vmid}`);
  stage.say(out.paint.dim('over too soon; once more, slower'));
  return await underWay(stage, vmid, Math.floor(mibPerS / 4) || 1);
}
