// PushImage: the content is taken in whole and its digest verified before any host is touched; then it goes to each host
// that lacks it, and is recorded when it lies there.

import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { HostInfoDefinition, type PushImageHeader, type PushImageRequest } from '#gen/virtdc/v1/host_info_service.js';
import { addImage, type ImageTarget, imageRefusal } from '../commands/add-image.js';
import { findPool } from '../commands/preconditions.js';
import type { FleetView } from '../fleet/fleet.js';
import { isRefusal, type Refusal, refusal } from '../fleet/refusal.js';
import { type Image, imageKey, type Pool } from '../fleet/storage.js';
import { LIMITS } from '../limits.js';
import { DeadlineError } from '../ports/clock.js';
import { Check } from './check.js';
import { qcow2Problem } from './image-content.js';
import { type CallerKnown, type Calling, decide, driverOf, type RpcParts } from './parts.js';
import { refusalError, statusError } from './status.js';

export interface Upload {
  readonly pool: string;
  readonly hostname: string;
  readonly name: string;
  readonly format: 'qcow2' | 'raw';
  readonly sizeBytes: number;
  /** Empty: not announced. */
  readonly sha256: string;
}

export async function pushImage(
  parts: RpcParts,
  messages: AsyncIterable<PushImageRequest>,
  context: Calling,
): Promise<Image[]> {
  const { signal } = context;
  const incoming = messages[Symbol.asyncIterator]();
  const upload = readHeader(await next(parts, incoming, signal));
  context.audit.target = `${upload.pool}/${upload.name}`;
  const targets = await targetsOf(parts, upload);
  const directory = await mkdtemp(join(tmpdir(), 'virtdc-image-'));
  try {
    const file = join(directory, 'content');
    const sha256 = await spool(parts, upload, incoming, file, signal);
    const problem = upload.format === 'qcow2' ? await qcow2Problem(file) : undefined;
    if (problem !== undefined) throw contentRefused(problem);
    const images: Image[] = [];
    for (const target of targets) images.push(await place(parts, { ...upload, sha256 }, target, file, signal, context));
    return images;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

function readHeader(message: PushImageRequest | undefined): Upload {
  const check = new Check();
  const header: PushImageHeader | undefined = message?.part?.$case === 'header' ? message.part.value : undefined;
  if (header === undefined) {
    check.add('header', 'has to be the first message');
    check.done();
    throw new Error('unreachable');
  }
  const upload: Upload = {
    pool: check.pool('header.pool', header.pool),
    hostname: check.optionalHostname('header.hostname', header.hostname),
    name: check.volume('header.name', header.name),
    format: check.enum('header.format', 'DISK_FORMAT', header.format, ['QCOW2', 'RAW']) === 'RAW' ? 'raw' : 'qcow2',
    sizeBytes: check.amount('header.size_bytes', header.sizeBytes, 1, LIMITS.maxImageBytes),
    sha256: header.sha256.toLowerCase(),
  };
  if (!/^([0-9a-f]{64})?$/.test(upload.sha256)) check.add('header.sha256', 'has to be 64 hexadecimal digits, or empty');
  check.done();
  return upload;
}

interface Target extends ImageTarget {
  /** The host that the content is sent to; for a SHARED pool any that has it. */
  readonly via: string;
}

async function targetsOf(parts: RpcParts, upload: Upload): Promise<Target[]> {
  const { value, revision } = await parts.authority.read((fleet) => {
    const pool = findPool(fleet, upload.pool);
    if (isRefusal(pool)) return pool;
    const targets = targetsIn(fleet, pool, upload);
    if (pool.hosts.length === 0) return refusal('POOL_NOT_FOUND', `no host has pool ${pool.name}`, { pool: pool.name });
    return targets.map((target) => differing(fleet, upload, target)).find((one) => one !== undefined) ?? targets;
  });
  if (isRefusal(value)) throw refusalError(value, revision);
  return value;
}

/** One that is there with the same digest is no obstacle; nor, before its digest is known, is any other. */
function differing(fleet: FleetView, { sha256 }: Upload, target: Target): Refusal | undefined {
  const known = fleet.get('image', imageKey(target.pool, target.hostname, target.name));
  return known !== undefined && (sha256 === '' || known.sha256 === sha256) ? undefined : imageRefusal(fleet, target);
}

function targetsIn(fleet: FleetView, pool: Pool, { hostname, name }: Upload): Target[] {
  if (pool.kind === 'LOCAL') {
    return (hostname === '' ? pool.hosts : [hostname]).map((host) => ({
      pool: pool.name,
      hostname: host,
      name,
      via: host,
    }));
  }
  const via = pool.hosts.find((host) => fleet.get('host', host)?.condition === 'READY') ?? pool.hosts[0] ?? '';
  return [{ pool: pool.name, hostname, name, via }];
}

/** The next message; UPLOAD_IDLE if none comes for too long. */
async function next(
  parts: RpcParts,
  incoming: AsyncIterator<PushImageRequest>,
  signal: AbortSignal,
): Promise<PushImageRequest | undefined> {
  const idle = parts.clock.deadline(LIMITS.uploadIdleMs);
  const heard = new AbortController();
  const result = await Promise.race([
    incoming.next(),
    new Promise<never>((_, reject) => {
      for (const one of [idle, signal])
        one.addEventListener('abort', () => reject(one.reason as Error), {
          once: true,
          signal: heard.signal,
        });
    }),
  ])
    .finally(() => heard.abort())
    .catch((error: unknown) => {
      if (!(error instanceof DeadlineError)) throw error;
      throw statusError('UPLOAD_IDLE', `no content for ${error.afterMs / 1_000} s`, {
        metadata: { idle_ms: error.afterMs },
      });
    });
  return result.done === true ? undefined : result.value;
}

async function spool(
  parts: RpcParts,
  upload: Upload,
  incoming: AsyncIterator<PushImageRequest>,
  file: string,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  let received = 0;
  async function* content(): AsyncGenerator<Uint8Array> {
    for (
      let message = await next(parts, incoming, signal);
      message !== undefined;
      message = await next(parts, incoming, signal)
    ) {
      if (message.part?.$case !== 'chunk') throw sizeMismatch(upload, received, 'a header may come once only');
      const chunk = message.part.value;
      received += chunk.length;
      if (received > upload.sizeBytes) throw sizeMismatch(upload, received, 'more content than announced');
      hash.update(chunk);
      yield chunk;
    }
  }
  await pipeline(Readable.from(content(), { objectMode: false }), createWriteStream(file, { mode: 0o600 }));
  if (received !== upload.sizeBytes) throw sizeMismatch(upload, received, 'less content than announced');
  const digest = hash.digest('hex');
  if (upload.sha256 !== '' && digest !== upload.sha256) {
    throw statusError('DIGEST_MISMATCH', `the content's SHA-256 is ${digest}, not ${upload.sha256}`, {
      metadata: { announced: upload.sha256, received: digest },
    });
  }
  return digest;
}

function contentRefused(problem: string): Error {
  const field = 'header.format';
  return statusError('INVALID_FIELDS', `${field}: the content ${problem}`, {
    violations: [{ field, description: `the content ${problem}` }],
  });
}

function sizeMismatch({ sizeBytes }: Upload, received: number, message: string): Error {
  return statusError('SIZE_MISMATCH', `${message}: ${received} of ${sizeBytes} bytes`, {
    metadata: { announced: sizeBytes, received },
  });
}

async function place(
  parts: RpcParts,
  upload: Upload,
  target: Target,
  file: string,
  signal: AbortSignal,
  context: CallerKnown,
): Promise<Image> {
  const { pool, hostname, name } = target;
  const known = parts.authority.fleet.get('image', imageKey(pool, hostname, name));
  if (known?.sha256 === upload.sha256) return known;
  const refused = imageRefusal(parts.authority.fleet, target);
  if (refused !== undefined) throw refusalError(refused, parts.authority.fleet.revision);
  const driver = driverOf(parts, parts.authority.fleet, target.via);
  const { format, sizeBytes, sha256 } = upload;
  const deadlineMs = LIMITS.uploadIdleMs + (sizeBytes / LIMITS.slowestUploadBytesPerS) * 1_000;
  const options = { deadlineMs, signal };
  const present = await driver.volume(pool, name);
  if (present !== undefined && (await driver.volumeDigest(pool, name, options)) !== sha256) {
    throw statusError(
      'IMAGE_EXISTS',
      `pool ${pool} has a volume ${name} of other content, which virtdc did not put there`,
      {
        metadata: { pool, hostname: target.via, name },
      },
    );
  }
  // One that lies there already, of a fleet that is not known any more perhaps, is only recorded.
  const content = (): AsyncIterable<Uint8Array> => createReadStream(file, { highWaterMark: LIMITS.imageChunkBytes });
  const volume = present ?? (await driver.uploadVolume(pool, name, format, sizeBytes, content(), options));
  const command = addImage({ pool, hostname, name, format, sizeBytes, virtualKib: volume.capacityKib, sha256 });
  // The image is known by its digest: recording it needs no request id.
  const { result } = await decide(parts, context, HostInfoDefinition, 'pushImage', {}, command);
  return result;
}
