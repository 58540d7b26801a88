/** Files above 2 and 4 GB: sparse, so that they take little of the disk. */
import { closeSync, ftruncateSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readImage } from '../../src/data/image/image-io.js';
import { openImages, readRegion } from '../../src/data/image/stored-image.js';

const folder = mkdtempSync(path.join(tmpdir(), 'large-tiff-'));
afterAll(() => rmSync(folder, { recursive: true }));

const side = 1024;
const planeBytes = 2 * side * side;
/** 5.5 GB. */
const planes = 2600;
const stack = path.join(folder, 'stack.tif');

/** A TIFF of 16 bits with one directory. */
function writeTiff(
  file: string,
  { width, height, text }: { width: number; height: number; text: string },
  data: { at: number; values: Uint16Array }[],
  bytes: number,
): void {
  const description = Buffer.from(`${text}\0`, 'latin1');
  const tags = [
    [256, 4, 1, width],
    [257, 4, 1, height],
    [258, 3, 1, 16],
    [259, 3, 1, 1],
    [262, 3, 1, 1],
    [270, 2, description.length, 8 + 2 + 12 * 10 + 4],
    [273, 4, 1, dataAt],
    [277, 3, 1, 1],
    [278, 4, 1, height],
    [279, 4, 1, 2 * width * height],
  ] as const;
  const head = Buffer.alloc(dataAt);
  head.write('II', 'latin1');
  head.writeUInt16LE(42, 2);
  head.writeUInt32LE(8, 4);
  head.writeUInt16LE(tags.length, 8);
  for (const [index, [tag, type, count, value]] of tags.entries()) {
    const at = 10 + 12 * index;
    head.writeUInt16LE(tag, at);
    head.writeUInt16LE(type, at + 2);
    head.writeUInt32LE(count, at + 4);
    head.writeUInt32LE(value, at + 8);
  }
  description.copy(head, 10 + 12 * tags.length + 4);
  const handle = openSync(file, 'w');
  writeSync(handle, head);
  for (const { at, values } of data)
    writeSync(handle, new Uint8Array(values.buffer), 0, 2 * values.length, dataAt + at);
  ftruncateSync(handle, dataAt + bytes);
  closeSync(handle);
}

const dataAt = 512;
const ramp = Uint16Array.from({ length: side * side }, (_, at) => 1 + (at % 60_000));

beforeAll(() => {
  const text = `ImageJ=1.54f\nimages=${planes}\nslices=${planes}\n`;
  const last = { at: (planes - 1) * planeBytes, values: ramp };
  writeTiff(stack, { width: side, height: side, text }, [last], planes * planeBytes);
});

test('the last plane of an ImageJ stack of 5.5 GB behind one directory is read', async () => {
  expect(statSync(stack).size).toBeGreaterThan(2 ** 32);
  const { data } = await readImage(stack, stack, { plane: planes });
  expect(Buffer.compare(Buffer.from(data.buffer), Buffer.from(ramp.buffer))).toBe(0);
  expect((await readImage(stack, stack, { plane: planes - 1 })).data.every((value) => value === 0)).toBe(
    true,
  );
});

test('one image of 2.1 GB is read in parts', { timeout: 600_000 }, async () => {
  const file = path.join(folder, 'one.tif');
  const [width, height] = [32_000, 33_600];
  // Beyond 1,024 megapixels nothing is read, so the file has a tail that is no pixel.
  const rows = 31_900;
  const values = ramp.slice(0, 1000);
  const at = 2 * (width * (rows - 1) + 500);
  writeTiff(file, { width, height: rows, text: 'one strip' }, [{ at, values }], 2 * width * height);
  expect(statSync(file).size).toBeGreaterThan(2 ** 31);
  const { images, close } = await openImages(file, {}, { place: file });
  const image = await images[0]!.open();
  await close();
  expect([image.width, image.height, 'read' in image]).toEqual([width, rows, true]);
  const region = readRegion(image, { x1: 500, y1: rows - 1, x2: 1500, y2: rows });
  expect([...region.data]).toEqual([...values]);
  if ('read' in image) image.close();
});
