// Every field of every request, with values that no field of its kind may have: refused with the documented code, under the
// field's own name, and nothing changed by it.

import assert from 'node:assert/strict';
import { type DescField, type DescMessage, fromJson, ScalarType, toBinary } from '@bufbuild/protobuf';
import { type Channel, createChannel } from 'nice-grpc';
import { BASE_REQUESTS } from './base-requests.js';
import { codeOf, type Encode, fieldBytes, pathOf, rawCall, SERVICES } from './raw-call.js';
import { World } from './service.js';

interface BadValue {
  readonly what: string;
  readonly wireType: number;
  readonly encode: Encode;
}

const VARINT = 0;
const FIXED64 = 1;
const BYTES = 2;

const utf8 = (text: string) => new TextEncoder().encode(text);
const bytes = (what: string, value: Uint8Array): BadValue => ({ what, wireType: BYTES, encode: (w) => w.bytes(value) });
const int = (what: string, value: bigint): BadValue => ({ what, wireType: VARINT, encode: (w) => w.int64(value) });
const double = (value: number): BadValue => ({
  what: String(value),
  wireType: FIXED64,
  encode: (w) => w.double(value),
});

const INVALID_UTF8 = [
  bytes('the byte ff', new Uint8Array([0x61, 0xff])),
  bytes('half a surrogate pair', new Uint8Array([0xed, 0xa0, 0x80])),
];
const BAD_TEXTS = [bytes('NUL', utf8('a\0b')), bytes('100,000 characters', utf8('a'.repeat(100_000)))];
const REORDERING = bytes('U+202E', utf8('a\u202eb'));
const BAD_INT32 = [int('-1', -1n), int('-2^31', -(2n ** 31n)), int('2^31-1', 2n ** 31n - 1n)];
const BAD_INT64 = [
  int('2^64-1', -1n),
  int('2^53+1', 2n ** 53n + 1n),
  int('2^63-1', 2n ** 63n - 1n),
  int('-2^63', -(2n ** 63n)),
];
const BAD_ENUMS = [int('99', 99n), int('-1', -1n)];
const BAD_DOUBLES = [NaN, Infinity, -Infinity, -1, 0, 1e300].map(double);

/** Texts of guests and people, in which a mark that reorders text is no harm to anybody but them. */
const FREE_TEXTS: ReadonlySet<string> = new Set(['user_data', 'ssh_authorized_keys', 'domain_name']);

function badValues(field: DescField): readonly BadValue[] {
  switch (field.fieldKind) {
    case 'enum':
      return BAD_ENUMS;
    case 'list':
      if (field.listKind === 'enum') return BAD_ENUMS;
      return field.listKind === 'scalar' ? badScalars(field.name, field.scalar) : [];
    case 'scalar':
      return badScalars(field.name, field.scalar);
    default:
      return [];
  }
}

function badScalars(name: string, type: ScalarType): readonly BadValue[] {
  switch (type) {
    case ScalarType.INT32:
      return BAD_INT32;
    case ScalarType.INT64:
      return BAD_INT64;
    case ScalarType.DOUBLE:
      return BAD_DOUBLES;
    case ScalarType.STRING:
      return FREE_TEXTS.has(name) ? BAD_TEXTS : [...BAD_TEXTS, REORDERING];
    case ScalarType.BOOL:
    case ScalarType.BYTES:
      return [];
    default:
      throw new Error(`no bad values for ${name}: ${ScalarType[type]}`);
  }
}

interface Place {
  readonly within: readonly DescField[];
  readonly field: DescField;
}

/** Every field of the message and of the messages in it. */
function* places(message: DescMessage, within: readonly DescField[] = []): Generator<Place> {
  for (const field of message.fields) {
    yield { within, field };
    const inner = field.fieldKind === 'message' || field.fieldKind === 'list' ? field.message : undefined;
    if (inner !== undefined) yield* places(inner, [...within, field]);
  }
}

const nameOf = ({ within, field }: Place): string => [...within, field].map(({ name }) => name).join('.');
/** A violation's path without positions and keys. */
const plain = (path: string): string => path.replaceAll(/\[[^\]]*\]/g, '');

describe('bad input', function () {
  this.timeout(60_000);
  let world: World;
  let channel: Channel;
  let revision: bigint;
  before(async () => {
    world = await World.start();
    await world.ready(['node1']);
    channel = createChannel(world.address);
    revision = await world.revision();
  });
  after(async () => {
    channel.close();
    await world.end();
  });

  const methods = SERVICES.flatMap((service) => service.methods);

  for (const method of methods) {
    const rpc = `${method.parent.name}/${method.name}`;
    it(`to ${rpc} is refused field by field, and changes nothing`, async () => {
      const base = BASE_REQUESTS[rpc];
      assert.ok(base, `no base request for ${rpc}`);
      const good = toBinary(method.input, fromJson(method.input, base));
      const plainly = await rawCall(channel, pathOf(method), good);
      assert.notEqual(codeOf(plainly), 'INVALID_ARGUMENT', plainly?.message);
      for (const place of places(method.input)) {
        const { within, field } = place;
        for (const { what, wireType, encode } of badValues(field)) {
          const message = Buffer.concat([good, fieldBytes(within, field.number, wireType, encode)]);
          const refusal = await rawCall(channel, pathOf(method), message);
          const label = `${nameOf(place)}: ${what}`;
          assert.equal(codeOf(refusal), 'INVALID_ARGUMENT', `${label}: ${refusal?.message ?? 'accepted'}`);
          const fields = refusal?.violations.map((one) => plain(one.field).split(':')[0]);
          assert.ok(fields?.includes(nameOf(place)), `${label}: told of ${fields?.join(', ')} ${refusal?.reason}`);
          assert.ok(
            (refusal?.message.length ?? 0) < 1_100 && !/[^\x20-\x7e]/.test(refusal?.message ?? ''),
            `${label}: ${refusal?.message}`,
          );
        }
        if (badTexts(field)) {
          for (const { what, wireType, encode } of INVALID_UTF8) {
            const message = Buffer.concat([good, fieldBytes(within, field.number, wireType, encode)]);
            assert.equal(
              codeOf(await rawCall(channel, pathOf(method), message)),
              'INVALID_ARGUMENT',
              `${nameOf(place)}: ${what}`,
            );
          }
        }
      }
      assert.equal(await world.revision(), revision);
    });

    it(`to ${rpc} that is no message at all is refused`, async () => {
      for (const [what, message] of Object.entries(NO_MESSAGES)) {
        assert.equal(codeOf(await rawCall(channel, pathOf(method), message)), 'INVALID_ARGUMENT', what);
      }
      const large = Buffer.concat([fieldBytes([], 999, BYTES, (w) => w.bytes(new Uint8Array(1024 * 1024 + 1)))]);
      assert.equal(codeOf(await rawCall(channel, pathOf(method), large)), 'RESOURCE_EXHAUSTED', 'more than 1 MiB');
      assert.equal(await world.revision(), revision);
    });
  }

  it('has been tried on every RPC there is', () => {
    assert.deepEqual(
      Object.keys(BASE_REQUESTS).sort(),
      methods.map((method) => `${method.parent.name}/${method.name}`).sort(),
    );
  });
});

function badTexts(field: DescField): boolean {
  if (field.fieldKind === 'scalar') return field.scalar === ScalarType.STRING;
  return field.fieldKind === 'list' && field.listKind === 'scalar' && field.scalar === ScalarType.STRING;
}

const NO_MESSAGES: Readonly<Record<string, Uint8Array>> = {
  'a varint without end': new Uint8Array([0x08, ...new Array<number>(12).fill(0xff)]),
  'a length beyond the message': new Uint8Array([0x0a, 0x7f, 0x61]),
  'groups without end': new Uint8Array(20_000).fill(0x0b),
  'wire type 7': new Uint8Array([0x0f, 0x00]),
};
