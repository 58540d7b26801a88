import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { readZip } from '../../../../src/data/files/zip-files.js';
import { readRois } from '../../../../src/data/read/annotations/imagej.js';
import { dataErrorOf } from '../../expect-error.js';
import { fixture, fixtures, readObjects, rowsOf, size } from './read.js';

const archive = `${fixtures}x_rois.zip`;
const files = await readZip(readFileSync(archive), archive);
const named = (name: string) => files.find((file) => file.name.startsWith(name))!;
const changed = (name: string, change: (bytes: Buffer) => void) => {
  const bytes = Buffer.from(named(name).bytes);
  change(bytes);
  return { ...named(name), bytes };
};
const read = (...rois: Parameters<typeof readRois>[0]) =>
  Promise.resolve().then(() => readRois(rois, 'x.zip'));

test('what roifile writes: outlines, sub-pixel ones, ovals and rectangles to the pixel; points and lines are left out', async () => {
  const { format, read } = await readObjects(archive);
  expect(format).toBe('imagej');
  const { objects, leftOut } = read.get('x')!;
  expect(leftOut).toEqual([
    { what: 'lines', count: 1 },
    { what: 'points', count: 1 },
  ]);
  const rows = Object.fromEntries(
    objects.map((object) => [object.name.replace('.roi', ''), rowsOf(object.pixels(size))]),
  );
  expect(rows).toEqual(fixture('rois-pixels.json'));
});

test('a composite region with a hole and a curve', async () => {
  const shape = [0, 2, 2, 1, 10, 2, 1, 10, 10, 1, 2, 10, 4, 0, 4, 4, 1, 8, 4, 1, 8, 8, 1, 4, 8, 4];
  const roi = (values: number[]) => changed('rectangle', (bytes) => bytes.writeInt32BE(values.length, 36));
  const bytes = (values: number[]) =>
    Buffer.concat([roi(values).bytes.subarray(0, 64), ...values.map((value) => { const word = Buffer.alloc(4); word.writeFloatBE(value); return word; })]); // prettier-ignore
  const { objects } = await read({ ...named('rectangle'), bytes: bytes(shape) });
  const rows = rowsOf(objects[0]!.pixels({ width: 12, height: 12 }), { width: 12, height: 12 });
  expect(rows.slice(2, 6)).toEqual(['..11111111..', '..11111111..', '..11....11..', '..11....11..']);
  // A quarter of a circle of radius 8 around (0, 0).
  const k = 8 * 0.5523;
  const [quarter] = (
    await read({ ...named('rectangle'), bytes: bytes([0, 8, 0, 3, 8, k, k, 8, 0, 8, 1, 0, 0, 4]) })
  ).objects;
  const inside = (x: number, y: number) => (x + 0.5) ** 2 + (y + 0.5) ** 2 < 64;
  const circle = Array.from({ length: 20 }, (_, y) =>
    Array.from({ length: 24 }, (_, x) => (inside(x, y) ? '1' : '.')).join(''),
  );
  expect(rowsOf(quarter!.pixels(size))).toEqual(circle);
  await dataErrorOf(read({ ...named('rectangle'), bytes: bytes([9, 1, 1]) }));
  await dataErrorOf(read({ ...named('rectangle'), bytes: bytes([1, 1, 1]) }));
});

test('regions of several planes are an error that names them', async () => {
  const moved = changed('oval', (bytes) => {
    bytes.writeInt32BE(3, 56);
    bytes.writeInt32BE(0, 60);
  });
  expect((await dataErrorOf(read(named('polygon'), moved))).what).toBe(
    'The objects are in 2 planes of a stack: z 0, t 0 (1); z 3, t 0 (1).',
  );
});

test.each<[string, (bytes: Buffer) => void, string]>([
  ['another file', (bytes) => bytes.write('Pout'), 'The file is not a region of ImageJ, or is cut off.'],
  ['an unknown kind', (bytes) => (bytes[6] = 99), 'The region is of the unknown kind 99.'],
  ['more corners than bytes', (bytes) => bytes.writeUInt16BE(60_000, 16), 'The region is cut off.'],
  [
    'a spline',
    (bytes) => bytes.writeUInt16BE(1, 50),
    'The region is fitted with a spline, which only ImageJ computes.',
  ],
])('%s is an error', async (_, change, what) => {
  expect(await dataErrorOf(read(changed('polygon', change)))).toMatchObject({
    what,
    where: `${archive}!/polygon.roi`,
  });
});
