// Writes a small ISO 9660 image with the Joliet extension: a flat list of files whose names may be long and in lower case.
// All of it fits one directory sector a tree, which is all that a cloud-init seed needs.

const SECTOR_BYTES = 2_048;
const SYSTEM_SECTORS = 16;

/** Where everything lies, in sectors. ISO 9660 wants each table twice, and Joliet wants each tree twice. */
const LAYOUT = {
  primary: SYSTEM_SECTORS,
  joliet: 17,
  terminator: 18,
  primaryPaths: { little: 19, big: 20 },
  jolietPaths: { little: 21, big: 22 },
  primaryRoot: 23,
  jolietRoot: 24,
  files: 25,
} as const;

/** Readers read ahead past the end of what they were asked for. */
const PADDING_SECTORS = 16;

const VOLUME_DESCRIPTOR = { primary: 1, supplementary: 2, terminator: 255 } as const;
const ROOT_PATH_BYTES = 10;
/** Joliet, level 3: names in UCS-2. */
const JOLIET_ESCAPES = '%/E';
/** 2000-01-01 00:00 UTC, as a directory record has it: an image depends on its contents alone. */
const DATE = [100, 1, 1, 0, 0, 0, 0];

export interface IsoFile {
  /** At most 64 characters (Joliet's limit), without / and without control characters. */
  readonly name: string;
  readonly content: Uint8Array;
}

interface PlacedFile extends IsoFile {
  readonly sector: number;
  /** The name for readers that know no Joliet. */
  readonly plainName: string;
}

type Names = 'PLAIN' | 'JOLIET';

/** Throws RangeError where names are too long, equal, or too many for one sector. */
export function isoImage(label: string, files: readonly IsoFile[]): Buffer {
  const placed = place(files);
  const end = placed.reduce((sector, file) => sector + sectorsOf(file), LAYOUT.files as number) + PADDING_SECTORS;
  const image = Buffer.alloc(end * SECTOR_BYTES);
  const put = (sector: number, bytes: Uint8Array): void => image.set(bytes, sector * SECTOR_BYTES);
  put(LAYOUT.primary, volumeDescriptor('PLAIN', label, end));
  put(LAYOUT.joliet, volumeDescriptor('JOLIET', label, end));
  put(LAYOUT.terminator, descriptorHead(VOLUME_DESCRIPTOR.terminator));
  put(LAYOUT.primaryPaths.little, rootPath(LAYOUT.primaryRoot, 'LITTLE'));
  put(LAYOUT.primaryPaths.big, rootPath(LAYOUT.primaryRoot, 'BIG'));
  put(LAYOUT.jolietPaths.little, rootPath(LAYOUT.jolietRoot, 'LITTLE'));
  put(LAYOUT.jolietPaths.big, rootPath(LAYOUT.jolietRoot, 'BIG'));
  put(LAYOUT.primaryRoot, directory('PLAIN', LAYOUT.primaryRoot, placed));
  put(LAYOUT.jolietRoot, directory('JOLIET', LAYOUT.jolietRoot, placed));
  for (const file of placed) put(file.sector, file.content);
  return image;
}

function place(files: readonly IsoFile[]): PlacedFile[] {
  let sector: number = LAYOUT.files;
  return files.map((file, index) => {
    if (file.name.length > 64 || /[/\p{Cc}]/u.test(file.name)) throw new RangeError(`${file.name}: no name for a file`);
    if (files.findIndex(({ name }) => name === file.name) !== index) throw new RangeError(`${file.name} twice`);
    const placed = { ...file, sector, plainName: `FILE${index}.;1` };
    sector += sectorsOf(file);
    return placed;
  });
}

function sectorsOf({ content }: IsoFile): number {
  return Math.max(1, Math.ceil(content.byteLength / SECTOR_BYTES));
}

function descriptorHead(type: number): Buffer {
  const head = Buffer.alloc(SECTOR_BYTES);
  head.writeUInt8(type, 0);
  head.write('CD001', 1, 'latin1');
  head.writeUInt8(1, 6);
  return head;
}

function volumeDescriptor(names: Names, label: string, totalSectors: number): Buffer {
  const joliet = names === 'JOLIET';
  const out = descriptorHead(joliet ? VOLUME_DESCRIPTOR.supplementary : VOLUME_DESCRIPTOR.primary);
  const text = (value: string, offset: number, bytes: number): void => {
    out.set(encodeName(value.padEnd(joliet ? bytes / 2 : bytes), names).subarray(0, bytes), offset);
  };
  text('', 8, 32);
  text(label, 40, 32);
  both32(out, totalSectors, 80);
  if (joliet) out.write(JOLIET_ESCAPES, 88, 'latin1');
  both16(out, 1, 120);
  both16(out, 1, 124);
  both16(out, SECTOR_BYTES, 128);
  both32(out, ROOT_PATH_BYTES, 132);
  const paths = joliet ? LAYOUT.jolietPaths : LAYOUT.primaryPaths;
  out.writeUInt32LE(paths.little, 140);
  out.writeUInt32BE(paths.big, 148);
  const root = joliet ? LAYOUT.jolietRoot : LAYOUT.primaryRoot;
  out.set(record(Buffer.of(0), root, SECTOR_BYTES, true), 156);
  for (const offset of [190, 318, 446, 574]) text('', offset, 128);
  text('', 702, 37);
  text('', 739, 37);
  text('', 776, 37);
  // The four dates of the volume: not given.
  for (const offset of [813, 830, 847, 864]) out.write('0'.repeat(16), offset, 'latin1');
  out.writeUInt8(1, 881);
  return out;
}

function rootPath(root: number, order: 'LITTLE' | 'BIG'): Buffer {
  const out = Buffer.alloc(ROOT_PATH_BYTES);
  out.writeUInt8(1, 0);
  if (order === 'LITTLE') {
    out.writeUInt32LE(root, 2);
    out.writeUInt16LE(1, 6);
  } else {
    out.writeUInt32BE(root, 2);
    out.writeUInt16BE(1, 6);
  }
  return out;
}

function directory(names: Names, root: number, files: readonly PlacedFile[]): Buffer {
  const nameOf = (file: PlacedFile): Buffer => encodeName(names === 'JOLIET' ? file.name : file.plainName, names);
  const sorted = [...files].sort((a, b) => Buffer.compare(nameOf(a), nameOf(b)));
  const out = Buffer.concat([
    record(Buffer.of(0), root, SECTOR_BYTES, true),
    record(Buffer.of(1), root, SECTOR_BYTES, true),
    ...sorted.map((file) => record(nameOf(file), file.sector, file.content.byteLength, false)),
  ]);
  if (out.byteLength > SECTOR_BYTES) throw new RangeError('more files than one directory sector holds');
  return out;
}

function record(name: Buffer, sector: number, bytes: number, isDirectory: boolean): Buffer {
  const length = 33 + name.byteLength + (name.byteLength % 2 === 0 ? 1 : 0);
  const out = Buffer.alloc(length);
  out.writeUInt8(length, 0);
  both32(out, sector, 2);
  both32(out, bytes, 10);
  out.set(DATE, 18);
  out.writeUInt8(isDirectory ? 2 : 0, 25);
  both16(out, 1, 28);
  out.writeUInt8(name.byteLength, 32);
  out.set(name, 33);
  return out;
}

function encodeName(name: string, names: Names): Buffer {
  return names === 'JOLIET' ? Buffer.from(name, 'utf16le').swap16() : Buffer.from(name, 'latin1');
}

/** ISO 9660 writes numbers in both byte orders, one after the other. */
function both16(out: Buffer, value: number, offset: number): void {
  out.writeUInt16LE(value, offset);
  out.writeUInt16BE(value, offset + 2);
}

function both32(out: Buffer, value: number, offset: number): void {
  out.writeUInt32LE(value, offset);
  out.writeUInt32BE(value, offset + 4);
}
