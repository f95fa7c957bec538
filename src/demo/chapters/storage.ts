// What guests are made from: a pool, a base image in it, and a base guest.

import { stat } from 'node:fs/promises';
import { partsOf } from '../../cli/commands/images.js';
import { BASE_GUEST_COLUMNS, imageColumns } from '../../cli/tables/storage.js';
import type { Stage } from '../stage.js';

export const BASE_GUEST = 'base';

export async function storage(stage: Stage): Promise<void> {
  const { client, call, out, size } = stage.it;
  const { pool, hostnames, image, baseGuestXml } = stage.datacenter;
  stage.chapter(
    'A pool, a base image, a base guest',
    `virtdc pools register ${pool} ...; virtdc images push ...; virtdc base-guests import ${BASE_GUEST} ...`,
  );
  const request = {
    name: pool,
    kind: 'POOL_KIND_SHARED' as const,
    hostnames: [...hostnames],
    requestId: stage.requestId,
  };
  await client.hosts.registerPool(request, call);
  const { size: sizeBytes } = await stat(image.file);
  const header = {
    pool,
    hostname: '',
    name: image.name,
    format: image.format,
    sizeBytes: BigInt(sizeBytes),
    sha256: '',
  };
  const { images } = await client.hosts.pushImage(partsOf(image.file, header), call);
  out.table(imageColumns(size), images);
  const { baseGuest } = await client.guests.importBaseGuest(
    {
      name: BASE_GUEST,
      source: { $case: 'xml', value: baseGuestXml },
      images: { vda: image.name },
      requestId: stage.requestId,
    },
    call,
  );
  if (baseGuest !== undefined) out.table(BASE_GUEST_COLUMNS, [baseGuest]);
}
