// virtdc base-guests: the domain XML that new guests are made from.

import type { Command } from 'commander';
import { BaseGuest } from '#gen/virtdc/v1/base_guest.js';
import { ListBaseGuestsResponse } from '#gen/virtdc/v1/guest_info_service.js';
import { everyOf } from '../../client/pages.js';
import { UsageError } from '../failure.js';
import { type Bind, type Invocation, readInput } from '../invocation.js';
import { type DryRun, dryRun, type IfRevision, ifRevision, imageOf } from '../options.js';
import { BASE_GUEST_COLUMNS } from '../tables/storage.js';
import { safe } from '../text.js';

export function addBaseGuests(program: Command, bind: Bind): void {
  const baseGuests = program.command('base-guests').description('the models that guests are made from');
  bind(baseGuests.command('list', { isDefault: true }).description('the table of base guests'), list);
  bind(
    dryRun(
      ifRevision(
        baseGuests
          .command('import')
          .description('take in a domain XML, or that of a running domain')
          .argument('<name>', 'the name it gets')
          .argument('[file]', 'a domain XML (virsh dumpxml), or - for the input')
          .option('--from-guest <host/domain>', 'take it from a domain on a host instead')
          .option('--image <target=image>', 'base image of a disk, such as vda=debian-12; may be repeated', imageOf)
          .option('--replace', 'replace a base guest of that name'),
      ),
    ),
    importOne,
  );
  bind(ifRevision(baseGuests.command('delete').description('forget a base guest').argument('<name>')), remove);
}

async function list(it: Invocation): Promise<void> {
  let revision = 0n;
  const baseGuests = await everyOf(
    async (pageToken) => {
      const page = await it.client.guests.listBaseGuests({ pageToken, pageSize: 1_000 }, it.call);
      ({ revision } = page);
      return page;
    },
    (page) => page.baseGuests,
  );
  if (it.json) it.printJson(ListBaseGuestsResponse.toJSON({ baseGuests, nextPageToken: '', revision }));
  else if (baseGuests.length > 0) it.out.table(BASE_GUEST_COLUMNS, baseGuests);
  else it.err.line('no base guests yet; add one with: virtdc base-guests import');
}

interface ImportOptions extends DryRun, IfRevision {
  readonly fromGuest?: string;
  readonly image?: Readonly<Record<string, string>>;
  readonly replace?: boolean;
}

async function importOne(it: Invocation, options: ImportOptions, name: string, file?: string): Promise<void> {
  const { image = {}, replace = false, dryRun: validateOnly = false, ifRevision: revision = 0n } = options;
  const source = sourceOf(options.fromGuest, file);
  const request = { name, source, images: { ...image }, replace, revision, validateOnly, requestId: it.requestId };
  const { baseGuest } = await it.client.guests.importBaseGuest(request, it.call);
  if (baseGuest === undefined) return;
  if (it.json) it.printJson(BaseGuest.toJSON(baseGuest));
  else it.out.table(BASE_GUEST_COLUMNS, [baseGuest]);
}

function sourceOf(fromGuest: string | undefined, file: string | undefined) {
  if ((fromGuest === undefined) === (file === undefined))
    throw new UsageError('a FILE or --from-guest HOST/DOMAIN is due');
  if (file !== undefined) return { $case: 'xml' as const, value: readInput(file).toString('utf8') };
  const [, hostname, domainName] = /^([^/]+)\/(.+)$/.exec(fromGuest ?? '') ?? [];
  if (hostname === undefined || domainName === undefined) throw new UsageError('--from-guest takes HOST/DOMAIN');
  return { $case: 'fromGuest' as const, value: { hostname, domainName } };
}

async function remove(it: Invocation, { ifRevision: revision = 0n }: IfRevision, name: string): Promise<void> {
  await it.client.guests.deleteBaseGuest({ name, revision, requestId: it.requestId }, it.call);
  if (it.json) it.printJson({});
  else it.out.line(`${safe(name)} is forgotten; guests that were made from it stay as they are`);
}
