import { expect, test } from 'vitest';
import { DetectionLoader, SegmentationLoader } from '../../../src/config/loader.js';
import { detectionBatch } from '../../../src/data/loader/detection-batch.js';
import { segmentationBatch } from '../../../src/data/loader/segmentation-batch.js';
import { shareExample } from '../../../src/data/loader/shared-example.js';
import type { Sample } from '../../../src/data/augment/sample.js';
import { discs } from '../augment/samples.js';

/** 32 x 32 px: a large, a small and a middle square. */
function squares(): Sample {
  const labels = new Int32Array(32 * 32);
  const put = (label: number, left: number, top: number, side: number) => {
    for (let y = top; y < top + side; y++) labels.fill(label, y * 32 + left, y * 32 + left + side);
  };
  put(1, 2, 3, 8);
  put(2, 20, 5, 2);
  put(3, 12, 20, 5);
  const pixels = Float32Array.from(labels, (label) => label / 4);
  return { width: 32, height: 32, channels: 1, pixels, labels, ignore: new Uint8Array(1024) };
}

const loader = (changes: object) => DetectionLoader.parse({ cropSize: 32, maxBoxes: 4, ...changes });

test('a detection batch pads boxes, marks the valid ones and stretches grey to three channels of -1 to 1', () => {
  const empty = { ...squares(), labels: new Int32Array(1024) };
  const drawn = [
    { id: 'full', sample: squares() },
    { id: 'empty', sample: empty },
  ];
  const batch = detectionBatch(drawn, loader({}), 8);
  expect(batch).toMatchObject({ cursor: 8, ids: ['full', 'empty'], size: 32, maxBoxes: 4 });
  expect([...batch.gtBoxes.slice(0, 16)]).toEqual([2, 3, 10, 11, 20, 5, 22, 7, 12, 20, 17, 25, 0, 0, 0, 0]);
  expect([...batch.gtValid]).toEqual([1, 1, 1, 0, 0, 0, 0, 0]);
  expect(batch.gtBoxes.slice(16).every((value) => value === 0)).toBe(true);
  expect([...batch.omitted]).toEqual([0, 0]);
  const at = (5 * 32 + 20) * 3; // label 2: 0.5
  expect([...batch.images.slice(at, at + 3)]).toEqual([0, 0, 0]);
  expect([...batch.images.slice(0, 3)]).toEqual([-1, -1, -1]);
  expect(batch.gtLabels.slice(0, 1024)).toEqual(squares().labels);
});

test('boxes beyond maxBoxes, the smallest, are ignored, counted, and removed from the labels', () => {
  const batch = detectionBatch([{ id: 'full', sample: squares() }], loader({ maxBoxes: 2 }), 4);
  expect([...batch.gtBoxes]).toEqual([2, 3, 10, 11, 12, 20, 17, 25]);
  expect([...batch.gtValid]).toEqual([1, 1]);
  expect([...batch.omitted]).toEqual([1]);
  expect(batch.ignore.reduce((sum, value) => sum + value, 0)).toBe(4);
  expect(batch.ignore[5 * 32 + 20]).toBe(1);
  expect([0, 4, 12].map((x) => batch.gtLabels[22 * 32 + x])).toEqual([0, 0, 2]); // the third is the second now
});

test('a segmentation batch separates the nucleus from its neighbours', () => {
  const sample = { ...squares(), ignore: new Uint8Array(1024).fill(1, 1000) };
  const drawn = [{ id: 'x', label: 3, sample, box: [10, 18, 19, 27] as const }];
  const batch = segmentationBatch(drawn, SegmentationLoader.parse({ cropSize: 32 }), 9);
  const count = (values: Uint8Array) => values.reduce((sum, value) => sum + value, 0);
  expect([count(batch.masks), count(batch.neighbours), count(batch.ignore)]).toEqual([25, 64 + 4, 24]);
  expect(batch.masks[22 * 32 + 14]).toBe(1);
  expect([...batch.boxes]).toEqual([10, 18, 19, 27]);
  expect(batch).toMatchObject({ cursor: 9, ids: ['x'], labels: Int32Array.of(3), size: 32 });
});

test('sharing an example keeps its pixels; three equal channels become one', () => {
  const grey = discs(9, 7, [{ x: 4, y: 4, radius: 3 }]);
  const repeated = Uint8Array.from({ length: 9 * 7 * 3 }, (_, i) => grey.image.data[Math.floor(i / 3)]!);
  const example = {
    ...grey,
    image: { ...grey.image, channels: 3, data: repeated },
    ignore: new Uint8Array(63),
  } as const;
  const shared = shareExample(example);
  expect(shared.image.channels).toBe(1);
  expect([...shared.image.data]).toEqual([...grey.image.data]);
  expect([...shared.labelImage.labels]).toEqual([...grey.labelImage.labels]);
  for (const values of [shared.image.data, shared.labelImage.labels, shared.ignore!]) {
    expect(values.buffer).toBeInstanceOf(SharedArrayBuffer);
  }
  expect(shareExample(shared)).toEqual(shared);
  const colour = discs(9, 7, [], 3);
  expect(shareExample(colour)).toMatchObject({ image: { channels: 3, width: 9 } });
  const wide = { ...grey, image: { ...grey.image, data: Uint16Array.of(...grey.image.data) } };
  expect(shareExample(wide)).toMatchObject({ image: { data: wide.image.data } });
});
