import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { SegmentationLoader } from '../../../src/config/loader.js';
import { BatchMaker } from '../../../src/data/loader/batch-maker.js';
import { readDetectedBoxes } from '../../../src/data/loader/detected-boxes.js';
import type { SegmentationBatch } from '../../../src/data/loader/segmentation-batch.js';
import { discs, noAugment } from '../augment/samples.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'nucleate-boxes-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

function write(content: unknown): string {
  const file = path.join(folder, 'boxes.json');
  writeFileSync(file, typeof content === 'string' ? content : JSON.stringify(content));
  return file;
}

/** Boxes 10..20 x 20..30, and 30..50 x 10..30. */
const example = discs(60, 40, [
  { x: 15, y: 25, radius: 5 },
  { x: 40, y: 20, radius: 10 },
]);

test('each nucleus gets the box that fits it best; NaN where none does', () => {
  const file = write({
    discs: [
      [11, 20, 20, 30], // IoU with the first: 90 / 100
      [10, 22, 20, 32], // 80 / 120
      [30, 10, 40, 30], // with the second: 200 / 400
    ],
    other: [],
  });
  expect([...readDetectedBoxes(file, [example], 0.5)['discs']!]).toEqual([11, 20, 20, 30, 30, 10, 40, 30]);
  expect([...readDetectedBoxes(file, [example], 0.6)['discs']!]).toEqual([
    11,
    20,
    20,
    30,
    NaN,
    NaN,
    NaN,
    NaN,
  ]);
});

test.each([
  ['{', /cannot be read/],
  [[], /not an object/],
  [{ discs: [[1, 2, 3]] }, /Not every box of discs/],
  [{ discs: [[3, 0, 3, 2]] }, /x1 < x2/],
  [{ another: [] }, /no boxes of the training images/],
])('%j is an error', (content, message) => {
  expect(() => readDetectedBoxes(write(content), [example], 0.5)).toThrow(message);
});

test('a batch shows the box that was found, flipped and turned with the image', () => {
  // 2 px to the right of the first and half as high, round its middle.
  const boxes = { discs: Float32Array.of(12, 22.5, 22, 27.5, NaN, NaN, NaN, NaN) };
  const batch = (probability: number, turns: boolean) => {
    const augment = { ...noAugment, turns };
    const settings = { batchSize: 16, cropSize: 64, margin: 2, minMargin: 0, jitter: 0, augment };
    const loader = SegmentationLoader.parse(settings);
    const detected = { probability, boxes };
    const maker = new BatchMaker({ task: 'segmentation', seed: 1, examples: [example], loader, detected });
    return maker.make(0) as SegmentationBatch;
  };
  /** Of one nucleus, px of the image: the size of its box, its centre and its neighbours' from the middle of the crop. */
  const of = (label: number, { labels, boxes, masks, neighbours }: SegmentationBatch) =>
    [...labels].flatMap((found, row) => {
      if (found !== label) return [];
      const [x1, y1, x2, y2] = [...boxes.slice(4 * row, 4 * row + 4)] as [number, number, number, number];
      const scale = (label === 1 ? 10 : 20) / Math.max(x2 - x1, y2 - y1);
      const centre = (maps: Uint8Array) => {
        const map = [...maps.slice(row * 4096, row * 4096 + 4096)];
        const inside = map.flatMap((is, i) => (is === 1 ? [i] : []));
        const mean = (value: (i: number) => number) =>
          inside.reduce((sum, i) => sum + value(i) + 0.5, 0) / inside.length - 32;
        return [mean((i) => i % 64) * scale, mean((i) => Math.floor(i / 64)) * scale] as const;
      };
      const size = [(x2 - x1) * scale, (y2 - y1) * scale];
      return [{ size, centre: centre(masks), other: centre(neighbours) }];
    });
  const straight = of(1, batch(1, false));
  expect(straight.length).toBeGreaterThan(3);
  for (const { size, centre } of straight) {
    expect([...size, ...centre].map((value) => Math.round(10 * value) / 10 + 0)).toEqual([10, 5, -2, 0]);
  }
  const turned = of(1, batch(1, true));
  for (const { size, centre, other } of turned) {
    const [width, height, x, y] = [...size, ...centre].map(Math.round) as [number, number, number, number];
    expect([width, height].sort()).toEqual([10, 5]);
    // The nucleus lies 2 px off along the longer side of the box, away from its neighbour.
    expect([Math.abs(x), Math.abs(y)]).toEqual(width === 10 ? [2, 0] : [0, 2]);
    expect(x * other[0] + y * other[1]).toBeLessThan(-20);
  }
  expect(new Set(turned.map(({ centre }) => centre.map(Math.round).join())).size).toBeGreaterThan(2);
  for (const { size } of of(2, batch(1, false))) expect(size[0]).toBeCloseTo(size[1]!, 5);
  for (const { size } of of(1, batch(0, false))) expect(size[0]).toBeCloseTo(size[1]!, 5);
});
