// Calls with bytes in place of messages, for what no generated client would send; and the RPCs as the descriptor has them.

import { readFileSync } from 'node:fs';
import { createFileRegistry, type DescField, type DescMethod, type DescService, fromBinary } from '@bufbuild/protobuf';
import { BinaryWriter } from '@bufbuild/protobuf/wire';
import { FileDescriptorSetSchema } from '@bufbuild/protobuf/wkt';
import { type Channel, createClientFactory, type Metadata, Status } from 'nice-grpc';
import { translateErrors, VirtdcError } from '../../src/client/error.js';

const descriptor = readFileSync(new URL('../../gen/descriptor.binpb', import.meta.url));
export const REGISTRY = createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptor));

export const SERVICES: readonly DescService[] = [...REGISTRY].filter(
  (one): one is DescService => one.kind === 'service' && one.file.proto.package === 'virtdc.v1',
);

export function pathOf(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

const bytesAsTheyAre = (bytes: Uint8Array): Uint8Array => bytes;

function rawDefinition(path: string) {
  return {
    path,
    requestStream: true as const,
    responseStream: true as const,
    requestSerialize: bytesAsTheyAre,
    requestDeserialize: bytesAsTheyAre,
    responseSerialize: bytesAsTheyAre,
    responseDeserialize: bytesAsTheyAre,
    options: {},
  };
}

/** All the answers to the messages, as bytes. */
export async function rawAnswers(
  channel: Channel,
  path: string,
  messages: readonly Uint8Array[],
): Promise<Uint8Array[]> {
  const client = createClientFactory().create({ call: rawDefinition(path) }, channel);
  async function* all() {
    yield* messages;
  }
  const answers: Uint8Array[] = [];
  for await (const answer of client.call(all())) answers.push(answer);
  return answers;
}

/** Undefined where the call was accepted (a stream is left after its first answer); else how it was refused. */
export async function rawCall(
  channel: Channel,
  path: string,
  message: Uint8Array,
  metadata?: Metadata,
): Promise<VirtdcError | undefined> {
  const call = rawDefinition(path);
  const client = createClientFactory().use(translateErrors).create({ call }, channel);
  const left = new AbortController();
  async function* one() {
    yield message;
  }
  try {
    for await (const _ of client.call(one(), { signal: left.signal, ...(metadata && { metadata }) })) break;
    return undefined;
  } catch (error) {
    if (error instanceof VirtdcError) return error;
    throw error;
  } finally {
    left.abort();
  }
}

export function codeOf(refusal: VirtdcError | undefined): string {
  return refusal?.codeName ?? Status[Status.OK];
}

export type Encode = (writer: BinaryWriter) => BinaryWriter;

/** The field, written by itself inside the messages it lies in: appended to a message, it takes its place or joins its list. */
export function fieldBytes(within: readonly DescField[], number: number, wireType: number, value: Encode): Uint8Array {
  let bytes = value(new BinaryWriter().tag(number, wireType)).finish();
  for (const field of within.toReversed()) bytes = new BinaryWriter().tag(field.number, 2).bytes(bytes).finish();
  return bytes;
}
