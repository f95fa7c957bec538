// Packets come out of the byte stream whole, however it was cut, and impossible lengths are refused at once.

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { string, struct } from '../../src/libvirt/codec.js';
import { ProtocolViolationError } from '../../src/libvirt/errors.js';
import { encodePacket, encodeRawPacket, PacketSplitter, setSerial } from '../../src/libvirt/framing.js';

const MOST = 4096;
const header = { program: 0x20008086, procedure: 59, type: 0, serial: 7, status: 0 };

function split(chunks: Iterable<Buffer>): string[] {
  const splitter = new PacketSplitter(MOST);
  const bodies: string[] = [];
  for (const chunk of chunks) for (const { body } of splitter.push(chunk)) bodies.push(body.toString('hex'));
  return bodies;
}

describe('libvirt framing', () => {
  it('writes length, header and body', () => {
    const packet = encodePacket(header, struct({ name: string(10) }), { name: 'g1' }, MOST);
    setSerial(packet, 9);
    assert.equal(
      packet.toString('hex'),
      '00000024' + '20008086' + '00000001' + '0000003b' + '00000000' + '00000009' + '00000000' + '0000000267310000',
    );
    assert.equal(encodeRawPacket(header).readUInt32BE(0), 28);
    assert.throws(() => encodePacket(header, string(100), 'x'.repeat(80), 60), RangeError);
  });

  it('does not pad the raw bytes of a stream', () => {
    const packet = encodeRawPacket(header, Buffer.from('abc'));
    assert.equal(packet.length, 31);
    assert.deepEqual(split([packet]), ['616263']);
  });

  it('puts packets together that were split at every byte', () => {
    const stream = Buffer.concat([
      encodeRawPacket(header, Buffer.from('first')),
      encodeRawPacket(header),
      encodeRawPacket(header, Buffer.from('x')),
    ]);
    const bodies = split([stream]);
    assert.equal(bodies.length, 3);
    for (let at = 0; at <= stream.length; at++) {
      assert.deepEqual(split([stream.subarray(0, at), stream.subarray(at)]), bodies);
    }
    assert.deepEqual(split(Array.from(stream, (byte) => Buffer.from([byte]))), bodies);
  });

  it('puts packets together however they were cut up', () => {
    const bodies = fc.array(fc.uint8Array({ maxLength: 200 }), { maxLength: 8 });
    const cuts = fc.array(fc.nat(2000), { maxLength: 20 });
    fc.assert(
      fc.property(bodies, cuts, (sent, places) => {
        const stream = Buffer.concat(sent.map((body) => encodeRawPacket(header, body)));
        const at = [0, ...places.filter((place) => place < stream.length).sort((a, b) => a - b), stream.length];
        const chunks = at.slice(1).map((end, i) => stream.subarray(at[i], end));
        assert.deepEqual(
          split(chunks),
          sent.map((body) => Buffer.from(body).toString('hex')),
        );
      }),
    );
  });

  it('refuses a length too small or too large as soon as it is there', () => {
    const length = (bytes: number): Buffer => {
      const word = Buffer.alloc(4);
      word.writeUInt32BE(bytes);
      return word;
    };
    for (const bytes of [0, 4, 27, MOST + 1, 0xffffffff])
      assert.throws(() => split([length(bytes)]), ProtocolViolationError);
    assert.deepEqual(split([length(28)]), []);
    assert.deepEqual(split([length(MOST)]), []);
  });
});
