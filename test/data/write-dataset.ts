/** Makes small datasets of real files. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { crc32, deflateRawSync } from 'node:zlib';
import { encodePng } from '../../src/data/image/image-io.js';
import type { Image } from '../../src/data/image/image.js';

/** Paths with `/`, and contents. */
export type Files = Readonly<Record<string, Uint8Array | string>>;

export function writeFolder(root: string, files: Files): string {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), content);
  }
  return root;
}

export interface ZipChanges {
  /** Unix mode of the entries, 0o120777 for links. */
  readonly mode?: number;
  /** Added to the CRC-32. */
  readonly crcError?: number;
  /** Size that the headers claim instead of the true one. */
  readonly size?: number;
  /** 0 = stored, 8 = deflated. */
  readonly method?: number;
  readonly flags?: number;
}

/**
 * A zip archive, written from its specification (APPNOTE.TXT 4.3), so that damaged ones can be made, too. Entries stand
 * in reverse order.
 */
export function zip(files: Files, changes: ZipChanges = {}): Buffer {
  const parts: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const [path, content] of Object.entries(files).reverse()) {
    const name = Buffer.from(path);
    const bytes = Buffer.from(content);
    const method = changes.method ?? 8;
    const packed = method === 0 ? bytes : deflateRawSync(bytes);
    const common = Buffer.alloc(26);
    common.writeUInt16LE(20, 0);
    common.writeUInt16LE(0x800 | (changes.flags ?? 0), 2);
    common.writeUInt16LE(method, 4);
    common.writeUInt32LE((crc32(bytes) + (changes.crcError ?? 0)) >>> 0, 10);
    common.writeUInt32LE(packed.length, 14);
    common.writeUInt32LE(changes.size ?? bytes.length, 18);
    common.writeUInt16LE(name.length, 22);
    const tail = Buffer.alloc(14);
    tail.writeUInt32LE(((changes.mode ?? 0o100644) << 16) >>> 0, 6);
    tail.writeUInt32LE(offset, 10);
    // Version made by: 3 = Unix, in the upper byte.
    directory.push(Buffer.from('PK\x01\x02\x14\x03', 'latin1'), common, tail, name);
    const local = [Buffer.from('PK\x03\x04', 'latin1'), common, name, packed];
    parts.push(...local);
    offset += local.reduce((sum, part) => sum + part.length, 0);
  }
  const size = directory.reduce((sum, part) => sum + part.length, 0);
  const count = Object.keys(files).length;
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(size, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...parts, ...directory, end]);
}

/** A grey image from rows of digits: '.' is 0, '#' is 255, a digit is itself. */
export function drawing(rows: readonly string[]): Image & { readonly data: Uint8Array } {
  const values = rows.flatMap((row) =>
    [...row].map((sign) => (sign === '.' ? 0 : sign === '#' ? 255 : Number(sign))),
  );
  return { width: rows[0]!.length, height: rows.length, channels: 1, data: Uint8Array.from(values) };
}

export const drawingPng = (...rows: string[]): Promise<Buffer> => encodePng(drawing(rows));
