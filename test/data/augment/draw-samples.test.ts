import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureInstances } from '../../../src/data/geometry/label-image.js';
import { boxAt } from '../../../src/data/geometry/box.js';
import { cropSide } from '../../../src/data/geometry/window.js';
import { drawDetectionSample } from '../../../src/data/augment/detection-sample.js';
import { visibleBox } from '../../../src/data/augment/detection-view.js';
import { viewMap } from '../../../src/data/geometry/linear-map.js';
import { drawSegmentationSample } from '../../../src/data/augment/segmentation-sample.js';
import { highestLabel } from '../../../src/data/augment/sample.js';
import { randomFor } from '../../../src/random.js';
import { anyExample, discs, fullAugment, noAugment } from './samples.js';

const anyZoom = fc.double({ min: 0.5, max: 3, noNaN: true });
const anySize = fc.integer({ min: 8, max: 64 });

test('a detection crop has a nucleus if the example has one, under every augmentation', () => {
  fc.assert(
    fc.property(anyExample, fc.integer(), anySize, anyZoom, (example, seed, size, zoom) => {
      const instances = measureInstances(example.labelImage, example.instanceCount);
      const sample = drawDetectionSample(example, instances, { size, zoom }, fullAugment, randomFor(seed));
      expect(sample).toMatchObject({ width: size, height: size });
      const count = highestLabel(sample.labels);
      expect(count > 0).toBe(example.instanceCount > 0);
      measureInstances(sample, count); // throws if the labels have a gap
      sample.ignore.forEach((ignore, pixel) => {
        if (ignore === 1) expect(sample.labels[pixel]).toBe(0);
      });
      const again = drawDetectionSample(example, instances, { size, zoom }, fullAugment, randomFor(seed));
      expect(again).toEqual(sample);
    }),
    { numRuns: 100 },
  );
});

test('without augmentation a crop is a part of the image, and within it if the image is large enough', () => {
  fc.assert(
    fc.property(anyExample, fc.integer(), anySize, (example, seed, size) => {
      const { image, labelImage } = example;
      fc.pre(image.width >= size && image.height >= size);
      const instances = measureInstances(labelImage, example.instanceCount);
      const sample = drawDetectionSample(example, instances, { size, zoom: 1 }, noAugment, randomFor(seed));
      const values = Array.from(sample.pixels, (value) => Math.round(value * 255));
      const isAt = (left: number, top: number) =>
        values.every((value, i) => {
          const pixel = Math.floor(i / image.channels);
          const from = (top + Math.floor(pixel / size)) * image.width + left + (pixel % size);
          const label = labelImage.labels[from]!;
          const same = (sample.labels[pixel] !== 0 || sample.ignore[pixel] !== 0) === (label !== 0);
          return same && value === image.data[from * image.channels + (i % image.channels)];
        });
      const places = Array.from(
        { length: (image.width - size + 1) * (image.height - size + 1) },
        (_, i) => i,
      );
      const columns = image.width - size + 1;
      expect(places.some((i) => isAt(i % columns, Math.floor(i / columns)))).toBe(true);
    }),
    { numRuns: 40 },
  );
});

test('crops reach every corner of the image', () => {
  const list = [8, 92].flatMap((x) => [8, 92].map((y) => ({ x, y, radius: 5 })));
  const example = discs(100, 100, list);
  const instances = measureInstances(example.labelImage, 4);
  const found = new Set<string>();
  for (let i = 0; i < 60; i++) {
    const sample = drawDetectionSample(example, instances, { size: 40, zoom: 1 }, noAugment, randomFor(1, i));
    const { x1, y1, x2, y2 } = boxAt(measureInstances(sample, 1).boxes, 0);
    found.add(`${x1 < 20} ${y1 < 20}`);
    // The crop may cut the nucleus, but shows its middle.
    expect(Math.min(x2 - x1, y2 - y1)).toBeGreaterThanOrEqual(5);
    expect(Math.max(x2 - x1, y2 - y1)).toBeLessThanOrEqual(10);
  }
  expect(found.size).toBe(4);
});

test('the visible box is the smallest around the example', () => {
  const { labelImage } = discs(30, 20, []);
  const still = { scale: 2, quarterTurns: 1, flip: true, angle: 0 };
  const view = { size: 100, map: viewMap(still), from: { x: 50, y: 50 }, to: { x: 15, y: 10 } };
  // Turned, 30 x 20 px are 40 x 60 px about the middle.
  expect(visibleBox(view, labelImage)).toEqual({ x1: 30, y1: 20, x2: 70, y2: 80 });
  // Shifted by 40 px to the right, it is cut off at 100.
  const shifted = { ...view, from: { x: 90, y: 50 } };
  expect(visibleBox(shifted, labelImage)).toEqual({ x1: 70, y1: 20, x2: 100, y2: 80 });
});

const crop = { size: 64, margin: 0.25, minMargin: 4, jitter: 0 };

test('a segmentation crop without jitter has its nucleus in the middle, as large as its box', () => {
  const example = discs(100, 100, [
    { x: 40, y: 40, radius: 10 },
    { x: 61, y: 40, radius: 10 },
  ]);
  const instances = measureInstances(example.labelImage, 2);
  const { sample, box } = drawSegmentationSample(example, instances, 1, crop, noAugment, randomFor(1));
  // 20 px wide, margin max(5, 4) on both sides: 30 px become 64.
  const half = (20 / 2) * (64 / 30);
  [32 - half, 32 - half, 32 + half, 32 + half].forEach((side, i) => expect(box[i]).toBeCloseTo(side, 9));
  const found = boxAt(measureInstances(sample, 2).boxes, 0);
  expect(Math.abs(found.x1 - box[0])).toBeLessThan(1.5);
  expect(Math.abs(found.y2 - box[3])).toBeLessThan(1.5);
  expect(sample.labels).toContain(2);
});

test('the box follows flips, turns and rotations exactly', () => {
  fc.assert(
    fc.property(anyExample, fc.integer(), (example, seed) => {
      fc.pre(example.instanceCount > 0);
      const instances = measureInstances(example.labelImage, example.instanceCount);
      const augment = { ...noAugment, turns: true, rotation: { probability: 0.5, maxDegrees: 30 } };
      const label = 1 + (Math.abs(seed) % example.instanceCount);
      const { sample, box } = drawSegmentationSample(
        example,
        instances,
        label,
        crop,
        augment,
        randomFor(seed),
      );
      const { boxes, areas } = measureInstances(
        { ...sample, labels: sample.labels.map((found) => (found === label ? 1 : 0)) },
        1,
      );
      const original = boxAt(instances.boxes, label - 1);
      const scale =
        (box[2] - box[0] + (box[3] - box[1])) / (original.x2 - original.x1 + (original.y2 - original.y1));
      // A pixel of the image is `scale` px of the crop; a rotated one covers a little less or more than its box.
      [...boxes].forEach((side, i) => expect(Math.abs(side - box[i]!)).toBeLessThan(scale / 2 + 1));
      expect(areas[0]).toBeGreaterThan(0);
    }),
  );
});

test('jitter moves each side by at most its fraction, in both directions', () => {
  const example = discs(100, 100, [{ x: 50, y: 50, radius: 10 }]);
  const instances = measureInstances(example.labelImage, 1);
  const jittered = { ...crop, jitter: 0.2 };
  let wider = 0;
  for (let i = 0; i < 50; i++) {
    const { sample, box } = drawSegmentationSample(
      example,
      instances,
      1,
      jittered,
      noAugment,
      randomFor(1, i),
    );
    const found = boxAt(measureInstances(sample, 1).boxes, 0);
    const width = found.x2 - found.x1;
    expect(Math.abs(found.x1 - box[0])).toBeLessThan(0.2 * width + 2);
    expect(Math.abs(found.x2 - box[2])).toBeLessThan(0.2 * width + 2);
    if (box[2] - box[0] > width) wider++;
    expect((box[0] + box[2]) / 2).toBeCloseTo(32, 9);
  }
  expect(wider).toBeGreaterThan(5);
  expect(wider).toBeLessThan(45);
});

test('a small box has the least margin', () => {
  expect(cropSide({ width: 4, height: 8 }, crop)).toBe(16); // 8 + 2 * 4
  expect(cropSide({ width: 40, height: 8 }, crop)).toBe(60); // 40 + 2 * 10
});
