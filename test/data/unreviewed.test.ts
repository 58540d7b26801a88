/** What no expert has reviewed teaches nothing and is not scored, whatever is marked there; it is kept and drawn. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, expect, test } from 'vitest';
import { DetectorConfig } from '../../src/config/detector.js';
import { encodePng } from '../../src/data/image/image-io.js';
import { detectionBatch } from '../../src/data/loader/detection-batch.js';
import { readTrainingData } from '../../src/data/loader/training-data.js';
import { openDataset } from '../../src/data/read/dataset.js';
import { type Example, withoutUnreviewed } from '../../src/data/read/example.js';
import { prepareDataset } from '../../src/data/read/prepared-layout.js';
import { detectionCells } from '../../src/draw/preview-cells.js';
import { colours } from '../../src/draw/overlay.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { readAll } from './read-all.js';
import { writeFolder } from './write-dataset.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-unreviewed-'));
afterAll(() => rmSync(folder, { recursive: true }));

const side = 16;
const at = (x: number, y: number) => y * side + x;
/** The right half is not reviewed. */
const ignore = Uint8Array.from({ length: side * side }, (_, pixel) => (pixel % side >= side / 2 ? 1 : 0));

interface Square {
  readonly x: number;
  readonly y: number;
}

/** Labels of squares of 3 px, 1 to n; a later one covers earlier ones. */
function drawn(squares: readonly Square[]): Uint16Array {
  const labels = new Uint16Array(side * side);
  for (const [index, { x, y }] of squares.entries())
    for (let pixel = 0; pixel < 9; pixel++)
      labels[at(x + (pixel % 3), y + Math.floor(pixel / 3))] = index + 1;
  return labels;
}

const squaresFrom = (least: number, most: number) =>
  fc.uniqueArray(
    fc.record({ x: fc.integer({ min: least, max: most }), y: fc.integer({ min: 0, max: 13 }) }),
    {
      maxLength: 4,
    },
  );
const reviewed = squaresFrom(0, 5);
const unreviewed = squaresFrom(8, 13);

const labelImage = (labels: Uint16Array) => ({ width: side, height: side, labels });

test('nuclei that are marked or predicted there change no score', () => {
  fc.assert(
    fc.property(reviewed, reviewed, unreviewed, unreviewed, (gt, pred, moreGt, morePred) => {
      const scored = (left: readonly Square[], right: readonly Square[]) =>
        evaluateImage(labelImage(drawn(left)), labelImage(drawn(right)), { id: 'x', ignore });
      const without = scored(gt, pred);
      const withMore = scored([...gt, ...moreGt], [...pred, ...morePred]);
      expect({ ...withMore, dropped: without.dropped }).toEqual(without);
      expect(withMore.dropped!.gtCount).toBe(new Set(drawn(moreGt)).size - 1);
    }),
  );
});

test('nuclei that are marked there are not learnt: what the loss sees is the same without them', () => {
  const example = (squares: readonly Square[]): Example => ({
    id: 'x',
    image: { width: side, height: side, channels: 1, data: new Uint8Array(side * side) },
    labelImage: labelImage(drawn(squares)),
    instanceCount: squares.length,
    ignore,
  });
  fc.assert(
    fc.property(reviewed, unreviewed, (inside, outside) => {
      const whole = drawn(inside);
      fc.pre(new Set(whole).size - 1 === inside.length);
      expect(withoutUnreviewed(example([...inside, ...outside]))).toEqual(withoutUnreviewed(example(inside)));
    }),
  );
  // Across the border: with most of it on the side that is not reviewed, all of it is ignored.
  const across = withoutUnreviewed(example([{ x: 7, y: 2 }]));
  expect([across.instanceCount, across.ignore![at(7, 2)], across.ignore![at(6, 2)]]).toEqual([0, 1, 0]);
  expect(withoutUnreviewed(example([{ x: 6, y: 2 }])).instanceCount).toBe(1);
});

test('a dataset keeps it when it is prepared, a training leaves such nuclei out, and pictures show it', async () => {
  const grey = (data: Uint8Array) => encodePng({ width: side, height: side, channels: 1, data });
  const squares = [{ x: 1, y: 1 }, { x: 10, y: 5 }]; // prettier-ignore
  const files = {
    'x_ignore.png': await grey(ignore),
    'x_masks.png': await grey(Uint8Array.from(drawn(squares))),
  };
  const path = writeFolder(join(folder, 'data'), {
    ...files,
    'x.png': await grey(new Uint8Array(side * side)),
  });
  const dataset = await openDataset(path);
  const prepared = join(folder, 'x.prepared');
  await prepareDataset(dataset, prepared);
  await dataset.close();
  for (const place of [path, prepared]) {
    const [example] = await readAll(place);
    expect([example!.instanceCount, example!.ignore]).toEqual([2, ignore]);
    const { data } = DetectorConfig.parse({
      task: 'detector',
      data: { path: place, split: 'none', trainOnAll: true },
    });
    const { train } = await readTrainingData(data, { seed: 1 });
    expect(train.map(({ instanceCount }) => instanceCount)).toEqual([1]);
  }
  const sample = {
    ...{ width: side, height: side, channels: 1 as const, pixels: new Float32Array(side * side), ignore },
    labels: new Int32Array(side * side),
  };
  const { loader } = DetectorConfig.parse({ task: 'detector' });
  const batch = detectionBatch([{ id: 'x', sample }], { ...loader, cropSize: side }, 1);
  const [picture] = detectionCells(batch);
  // Two pictures side by side, with a gap: half of the second is tinted.
  const row = Math.floor(picture!.height / 2) * picture!.width * 3;
  const tinted = colours.missed.map((value) => Math.floor(value / 2));
  const isTinted = (x: number) =>
    tinted.every((value, channel) => Math.abs(picture!.data[row + 3 * x + channel]! - value) <= 1);
  expect(Array.from({ length: picture!.width }, (_, x) => isTinted(x)).filter(Boolean)).toHaveLength(
    side / 2,
  );
});
