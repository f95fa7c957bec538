// virtdc images: the base images in the pools, and how one gets there.

import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { ListImagesResponse, type PushImageRequest, PushImageResponse } from '#gen/virtdc/v1/host_info_service.js';
import { DiskFormat } from '#gen/virtdc/v1/image.js';
import { everyOf } from '../../client/pages.js';
import { formatBytes } from '../amounts.js';
import { UsageError } from '../failure.js';
import type { Bind, Invocation } from '../invocation.js';
import { choice, given, valuesOf } from '../options.js';
import { bar } from '../progress.js';
import { imageColumns } from '../tables/storage.js';

const CHUNK_BYTES = 256 * 1024;

export function addImages(program: Command, bind: Bind): void {
  const images = program.command('images').description('the base images that guests are made from');
  bind(
    images
      .command('list', { isDefault: true })
      .description('the table of base images')
      .option('--pool <name>', 'in this pool')
      .option('--host <name>', 'that this host has')
      .option('--name <name>', 'of this name'),
    list,
  );
  bind(
    images
      .command('push')
      .description('upload a base image into a pool, onto every host that has it')
      .argument('<file>')
      .requiredOption('--pool <name>', 'the pool')
      .option('--host <name>', 'only this host of a LOCAL pool')
      .option('--name <name>', 'name of the image; the name of the file if not given')
      .addOption(
        choice('--format <format>', 'format of the file', 'DISK_FORMAT', valuesOf(DiskFormat)).default(
          DiskFormat.QCOW2,
          'qcow2',
        ),
      ),
    push,
  );
}

async function list(
  it: Invocation,
  { pool, host, name }: { pool?: string; host?: string; name?: string },
): Promise<void> {
  const filter = given({ pool, hostname: host, name });
  let revision = 0n;
  const images = await everyOf(
    async (pageToken) => {
      const page = await it.client.hosts.listImages({ filter, pageToken, pageSize: 1_000 }, it.call);
      ({ revision } = page);
      return page;
    },
    (page) => page.images,
  );
  if (it.json) it.printJson(ListImagesResponse.toJSON({ images, nextPageToken: '', revision }));
  else if (images.length > 0) it.out.table(imageColumns(it.size), images);
  else it.err.line('no images yet; add one with: virtdc images push');
}

interface PushOptions {
  readonly pool: string;
  readonly host?: string;
  readonly name?: string;
  readonly format: DiskFormat;
}

async function push(it: Invocation, { pool, host = '', name, format }: PushOptions, file: string): Promise<void> {
  const sizeBytes = await sizeOf(file);
  const sha256 = await digestOf(file);
  const header = { pool, hostname: host, name: name ?? basename(file), format, sizeBytes: BigInt(sizeBytes), sha256 };
  const sent = (bytes: number): void => {
    const percent = (100 * bytes) / sizeBytes;
    it.err.move(`${bar(percent)} ${formatBytes(BigInt(bytes))} of ${formatBytes(BigInt(sizeBytes))}`);
  };
  const answer = await it.client.hosts.pushImage(partsOf(file, header, sent), it.call).finally(() => it.err.still());
  if (it.json) it.printJson(PushImageResponse.toJSON(answer));
  else it.out.table(imageColumns(it.size), answer.images);
}

async function sizeOf(file: string): Promise<number> {
  try {
    const { size } = await stat(file);
    return size;
  } catch (error) {
    if (error instanceof Error && 'syscall' in error) throw new UsageError(`cannot read ${file}: ${error.message}`);
    throw error;
  }
}

async function digestOf(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

type Header = Extract<NonNullable<PushImageRequest['part']>, { $case: 'header' }>['value'];

/** The header, then the file. Also what the demo pushes its images with. */
export async function* partsOf(
  file: string,
  header: Header,
  sent: (bytes: number) => void = () => {},
): AsyncGenerator<PushImageRequest, void, undefined> {
  yield { part: { $case: 'header', value: header } };
  let bytes = 0;
  for await (const chunk of createReadStream(file, { highWaterMark: CHUNK_BYTES })) {
    yield { part: { $case: 'chunk', value: chunk as Buffer } };
    bytes += (chunk as Buffer).length;
    sent(bytes);
  }
}
