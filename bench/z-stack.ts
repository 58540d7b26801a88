/**
 * Time and memory of reading a stack as the projection of its planes: a page each, and behind one directory as ImageJ writes
 * stacks above 4 GB. Memory should not depend on the number of planes.
 *
 *     npm run bench -- z-stack [--planes 200] [--side 2048]
 *
 * The stacks take 3.4 GB in TMPDIR with the defaults.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, openSync, closeSync, rmSync, writeSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { readImage } from '../src/data/image/image-io.js';
import { Measured, measuredLine, type Result } from './measured.js';

const { values } = parseArgs({
  options: {
    planes: { type: 'string', default: '200' },
    side: { type: 'string', default: '2048' },
    once: { type: 'string' },
    plane: { type: 'string', default: 'max' },
  },
});
const planes = Number(values.planes);
const side = Number(values.side);
const planeBytes = 2 * side * side;

/** Bytes of a BigTIFF directory with `entries`. */
const directoryBytes = (entries: number) => 8 + 20 * entries + 8;

/** A BigTIFF of 16 bits without compression. Source: the BigTIFF design of AWare Systems. */
function writeStack(file: string, oneDirectory: boolean): void {
  const handle = openSync(file, 'w');
  const description = Buffer.from(`ImageJ=1.54f\nimages=${planes}\nslices=${planes}\n\0`, 'latin1');
  const count = oneDirectory ? 1 : planes;
  const entries = oneDirectory ? 10 : 9;
  const firstPlane = 16 + description.length + count * directoryBytes(entries);
  const header = Buffer.alloc(16);
  header.write('II', 'latin1');
  header.writeUInt16LE(43, 2);
  header.writeUInt16LE(8, 4);
  header.writeBigUInt64LE(BigInt(16 + description.length), 8);
  writeSync(handle, Buffer.concat([header, description]));
  for (let plane = 0; plane < count; plane++) {
    const directory = Buffer.alloc(directoryBytes(entries));
    directory.writeBigUInt64LE(BigInt(entries));
    const tags: [number, number, number, number][] = [
      [256, 4, 1, side],
      [257, 4, 1, side],
      [258, 3, 1, 16],
      [259, 3, 1, 1],
      [262, 3, 1, 1],
      ...(oneDirectory ? [[270, 2, description.length, 16] as [number, number, number, number]] : []),
      [273, 16, 1, firstPlane + plane * planeBytes],
      [277, 3, 1, 1],
      [278, 4, 1, side],
      [279, 16, 1, planeBytes],
    ];
    for (const [index, [tag, type, length, value]] of tags.entries()) {
      const at = 8 + 20 * index;
      directory.writeUInt16LE(tag, at);
      directory.writeUInt16LE(type, at + 2);
      directory.writeBigUInt64LE(BigInt(length), at + 4);
      directory.writeBigUInt64LE(BigInt(value), at + 12);
    }
    const next = 16 + description.length + (plane + 1) * directoryBytes(entries);
    directory.writeBigUInt64LE(BigInt(plane + 1 < count ? next : 0), 8 + 20 * entries);
    writeSync(handle, directory);
  }
  const values = new Uint16Array(side * side);
  for (let plane = 0; plane < planes; plane++) {
    // The brightest value of each pixel is in one plane.
    for (let at = 0; at < values.length; at++) values[at] = (at % planes === plane ? 5000 : 100) + (at % 97);
    writeSync(handle, new Uint8Array(values.buffer));
  }
  closeSync(handle);
}

async function readOnce(file: string): Promise<Result> {
  const measured = new Measured();
  const plane = values.plane === 'max' ? 'max' : Number(values.plane);
  const { data } = await readImage(file, file, { plane });
  let wrong = 0;
  if (plane === 'max') for (let at = 0; at < data.length; at++) if (data[at] !== 5000 + (at % 97)) wrong++;
  return measured.end(wrong === 0 ? 'right' : `${wrong} pixels are wrong`);
}

if (values.once !== undefined) process.stdout.write(JSON.stringify(await readOnce(values.once)));
else {
  const folder = mkdtempSync(join(tmpdir(), 'nucleate-bench-'));
  console.log(
    `${planes} planes of ${side} x ${side} px, ${(planes * planeBytes) / 1e6} MB, ${cpus().length} x ${cpus()[0]?.model}`,
  );
  try {
    for (const oneDirectory of [false, true]) {
      const file = join(folder, 'stack.tif');
      writeStack(file, oneDirectory);
      for (const plane of ['1', 'max']) {
        const own = ['--import', import.meta.resolve('tsx'), fileURLToPath(import.meta.url), '--once', file];
        const { stdout, status } = spawnSync(
          process.execPath,
          [...own, '--plane', plane, '--planes', values.planes],
          {
            encoding: 'utf8',
            stdio: ['ignore', 'pipe', 'inherit'],
          },
        );
        if (status !== 0) throw new Error(`Reading ended with ${status}`);
        console.log(measuredLine(`${oneDirectory ? 'one directory' : 'pages'}, plane ${plane}`, stdout));
      }
    }
  } finally {
    rmSync(folder, { recursive: true });
  }
}
