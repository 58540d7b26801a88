import { buffer } from 'node:stream/consumers';
import yauzl from 'yauzl';

/** The files of a zip in their order. */
export function unzip(bytes: Buffer): Promise<{ name: string; bytes: Buffer }[]> {
  return new Promise((resolve, reject) => {
    yauzl.fromBuffer(bytes, { lazyEntries: true }, (error, zip) => {
      if (error) return reject(error);
      const files: { name: string; bytes: Buffer }[] = [];
      zip.on('error', reject);
      zip.on('end', () => resolve(files));
      zip.on('entry', (entry: yauzl.Entry) => {
        zip.openReadStream(entry, (failure, stream) => {
          if (failure) return reject(failure);
          buffer(stream).then((content) => {
            files.push({ name: entry.fileName, bytes: content });
            zip.readEntry();
          }, reject);
        });
      });
      zip.readEntry();
    });
  });
}

/** Reads the two kinds of ImageJ region that nucleate writes, by the table in ImageJ's RoiDecoder.java. */
export function decodeRoi(bytes: Buffer) {
  if (bytes.toString('latin1', 0, 4) !== 'Iout') throw new Error('no region');
  const [y1, x1, y2, x2] = [8, 10, 12, 14].map((at) => bytes.readInt16BE(at)) as [
    number,
    number,
    number,
    number,
  ];
  const second = bytes.readInt32BE(60);
  const nameAt = bytes.readInt32BE(second + 16);
  const nameBytes = Buffer.from(bytes.subarray(nameAt, nameAt + 2 * bytes.readInt32BE(second + 20)));
  const name = nameBytes.swap16().toString('utf16le');
  const shapeSize = bytes.readInt32BE(36);
  const rings = shapeSize > 0 ? shapeRings(bytes, shapeSize) : [tracedRing(bytes, x1, y1)];
  if (bytes[6] !== (shapeSize > 0 ? 1 : 8)) throw new Error(`a region of kind ${bytes[6]}`);
  return { name, box: { x1, y1, x2, y2 }, rings };
}

function tracedRing(bytes: Buffer, x1: number, y1: number): number[] {
  const corners = bytes.readUInt16BE(16);
  return Array.from({ length: corners }, (_, corner) => [
    x1 + bytes.readInt16BE(64 + 2 * corner),
    y1 + bytes.readInt16BE(64 + 2 * (corners + corner)),
  ]).flat();
}

function shapeRings(bytes: Buffer, size: number): number[][] {
  const rings: number[][] = [];
  for (let at = 64; at < 64 + 4 * size;) {
    const segment = bytes.readFloatBE(at);
    if (segment === 4) {
      at += 4;
      continue;
    }
    if (segment === 0) rings.push([]);
    rings.at(-1)!.push(bytes.readFloatBE(at + 4), bytes.readFloatBE(at + 8));
    at += 12;
  }
  return rings;
}
