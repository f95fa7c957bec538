// Whether the content of an image is what its header says, and complete in itself: a qcow2 may name another file of its
// host, which QEMU would open for the guest.

import { open } from 'node:fs/promises';

/** Of the qcow2 header; version 2 ends after 72 bytes, the incompatible features of version 3 come next. */
const HEADER_BYTES = 80;
const MAGIC = 0x51_46_49_fb;
const BACKING_FILE_OFFSET = 8;
const INCOMPATIBLE_FEATURES = 72;
const EXTERNAL_DATA_FILE = 1n << 2n;

/** What speaks against taking the file for a qcow2 image; undefined: nothing. */
export async function qcow2Problem(file: string): Promise<string | undefined> {
  const header = Buffer.alloc(HEADER_BYTES);
  const handle = await open(file);
  try {
    const { bytesRead } = await handle.read(header, 0, HEADER_BYTES, 0);
    if (bytesRead < INCOMPATIBLE_FEATURES || header.readUInt32BE(0) !== MAGIC) return 'is no qcow2 image';
  } finally {
    await handle.close();
  }
  if (header.readBigUInt64BE(BACKING_FILE_OFFSET) !== 0n)
    return 'names a backing file: flatten it with qemu-img convert';
  const version = header.readUInt32BE(4);
  if (version >= 3 && (header.readBigUInt64BE(INCOMPATIBLE_FEATURES) & EXTERNAL_DATA_FILE) !== 0n) {
    return 'keeps its data in another file: flatten it with qemu-img convert';
  }
  return undefined;
}
