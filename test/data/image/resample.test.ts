import fc from 'fast-check';
import { expect, test } from 'vitest';
import { resample } from '../../../src/data/augment/resample-example.js';
import { measureInstances, type Labels } from '../../../src/data/geometry/label-image.js';
import { drawElasticField } from '../../../src/data/augment/elastic.js';
import { viewMap, type ViewParts } from '../../../src/data/geometry/linear-map.js';
import type { Sample } from '../../../src/data/augment/sample.js';
import type { Example } from '../../../src/data/read/example.js';
import { randomFor } from '../../../src/random.js';
import { anyExample, discs } from '../augment/samples.js';
import { uniform } from '../../helpers/uniform.js';

const still = { scale: 1, quarterTurns: 0, flip: false, angle: 0 };

/** The example seen about its centre. */
function viewed(
  example: Example,
  size: number,
  parts: Partial<ViewParts>,
  elastic?: { seed: number },
): Sample {
  const { width, height } = example.image;
  return resample(example, {
    size,
    map: viewMap({ ...still, ...parts }),
    from: { x: size / 2, y: size / 2 },
    to: { x: width / 2, y: height / 2 },
    ...(elastic && {
      elastic: drawElasticField(size, { spacing: 0.25, amplitude: 0.02 }, randomFor(elastic.seed)),
    }),
  });
}

/** A sample as an example again; exact where the pixels are those of an 8-bit image. */
const asExample = (sample: Sample): Example => ({
  id: 'again',
  image: { ...sample, data: Uint8Array.from(sample.pixels, (value) => Math.round(value * 255)) },
  labelImage: sample,
  instanceCount: 0,
  ignore: sample.ignore,
});

const squareExample = (size: number) =>
  anyExample
    .filter(({ image }) => image.width >= size && image.height >= size)
    .map((example) => {
      const ignore = example.labelImage.labels.map((label) => (label === 1 ? 1 : 0));
      return asExample(viewed({ ...example, ignore: Uint8Array.from(ignore) }, size, {}));
    });

test('hand-computed: a flip and a quarter turn of 2 x 2 pixels', () => {
  const example: Example = {
    id: 'four',
    image: { width: 2, height: 2, channels: 1, data: Uint8Array.of(0, 51, 102, 255) },
    labelImage: { width: 2, height: 2, labels: Int32Array.of(1, 2, 3, 4) },
    instanceCount: 4,
  };
  const flipped = viewed(example, 2, { flip: true });
  expect([...flipped.labels]).toEqual([2, 1, 4, 3]);
  expect([...flipped.pixels]).toEqual([51, 0, 255, 102].map((value) => Math.fround(value / 255)));
  // 1 2      3 1
  // 3 4  ->  4 2
  expect([...viewed(example, 2, { quarterTurns: 1 }).labels]).toEqual([3, 1, 4, 2]);
});

test('hand-computed: bilinear values and the nearest labels half a pixel off', () => {
  const example = asExample({
    width: 3,
    height: 1,
    channels: 1,
    pixels: Float32Array.of(0, 1, 0.2),
    labels: Int32Array.of(0, 1, 2),
    ignore: Uint8Array.of(1, 0, 0),
  });
  const view = { size: 1, map: viewMap(still), from: { x: 0.5, y: 0.5 } };
  const sample = resample(example, { ...view, to: { x: 1.25, y: 0.5 } });
  expect(sample.pixels[0]).toBeCloseTo(0.75, 6); // a quarter of 0 and three of 1
  expect([sample.labels[0], sample.ignore[0]]).toEqual([1, 0]);
  expect(resample(example, { ...view, to: { x: 0.9, y: 0.5 } })).toMatchObject({ labels: Int32Array.of(0) });
});

test('two flips, and turns that add up to a full turn, are the identity for pixels, labels and ignore map', () => {
  fc.assert(
    fc.property(squareExample(8), fc.integer({ min: 0, max: 3 }), (example, turns) => {
      const plain = viewed(example, 8, {});
      expect(viewed(asExample(viewed(example, 8, { flip: true })), 8, { flip: true })).toEqual(plain);
      const turned = viewed(example, 8, { quarterTurns: turns });
      expect(viewed(asExample(turned), 8, { quarterTurns: 4 - turns })).toEqual(plain);
    }),
  );
});

test('flips and turns keep the pixels of each label: areas, and boxes with their sides exchanged', () => {
  fc.assert(
    fc.property(
      squareExample(8),
      fc.integer({ min: 0, max: 3 }),
      fc.boolean(),
      (example, quarterTurns, flip) => {
        const count = (labels: Labels) => labels.toSorted();
        const turned = viewed(example, 8, { quarterTurns, flip });
        expect(count(turned.labels)).toEqual(count(example.labelImage.labels));
        expect(turned.ignore.toSorted()).toEqual(example.ignore!.toSorted());
      },
    ),
  );
});

test('an area grows with the square of the scale, at any place and rotation', () => {
  const parts = {
    scale: fc.double({ min: 0.4, max: 3, noNaN: true }),
    angle: uniform(-0.3, 0.3),
  };
  fc.assert(
    fc.property(fc.record(parts), ({ scale, angle }) => {
      const example = discs(100, 100, [{ x: 50, y: 50, radius: 25 }]);
      const { areas } = measureInstances(example.labelImage, 1);
      const sample = viewed(example, 200, { scale, angle });
      const box = measureInstances(sample, 1);
      expect(Math.abs(box.areas[0]! - areas[0]! * scale ** 2)).toBeLessThan(
        0.05 * areas[0]! * scale ** 2 + 20,
      );
      // A rotated pixel sticks out by up to 0.3 px on each side, and the grid of the crop rounds.
      expect(Math.abs(box.boxes[2]! - box.boxes[0]! - 50 * scale)).toBeLessThan(2 * scale + 1);
    }),
  );
});

test('a warp moves labels and image together, and keeps a nucleus in one piece of about its area', () => {
  fc.assert(
    fc.property(fc.integer(), (seed) => {
      const example = discs(128, 128, [
        { x: 50, y: 64, radius: 20 },
        { x: 90, y: 64, radius: 20 },
      ]);
      const sample = viewed(example, 128, {}, { seed });
      const { areas } = measureInstances(sample, 2);
      expect(areas[1]! / 1256).toBeGreaterThan(0.6);
      expect(areas[1]! / 1256).toBeLessThan(1.6);
      // Each label has its own grey value: inside of a nucleus the two must agree.
      let wrong = 0;
      sample.labels.forEach((label, pixel) => {
        const neighbours = [pixel - 1, pixel + 1, pixel - 128, pixel + 128];
        if (label === 0 || neighbours.some((next) => sample.labels[next] !== label)) return;
        const value = example.image.data[example.labelImage.labels.indexOf(label)]! / 255;
        if (Math.abs(sample.pixels[pixel]! - value) > 0.25) wrong++;
      });
      expect(wrong).toBe(0);
      expect(new Set(sample.labels)).toEqual(new Set([0, 1, 2]));
    }),
    { numRuns: 30 },
  );
});

test('a smaller view averages: a fine checkerboard becomes grey, not noise', () => {
  const data = Uint8Array.from({ length: 64 * 64 }, (_, i) => (((i % 64) + Math.floor(i / 64)) % 2) * 255);
  const example: Example = { ...discs(64, 64, []), image: { width: 64, height: 64, channels: 1, data } };
  const sample = viewed(example, 20, { scale: 0.4, angle: 0.1 });
  const inner = [...sample.pixels].filter((_, i) => i % 20 > 2 && i % 20 < 17 && i > 60 && i < 340);
  expect(Math.min(...inner)).toBeGreaterThan(0.2);
  expect(Math.max(...inner)).toBeLessThan(0.8);
});

test('outside of the image there is background with the median of each channel', () => {
  const example = discs(20, 20, [{ x: 10, y: 10, radius: 4 }], 3);
  const sample = viewed({ ...example, ignore: new Uint8Array(400).fill(1) }, 40, {});
  expect([...sample.pixels.slice(0, 3)]).toEqual([10, 50, 90].map((value) => Math.fround(value / 255)));
  expect(sample.labels[0]).toBe(0);
  expect(sample.ignore[0]).toBe(0); // known to be background
  expect(sample.ignore[20 * 40 + 20]).toBe(1);
});

test('16-bit images are shown in their intensity range, or in the whole range without one', () => {
  const image = { width: 3, height: 1, channels: 1, data: Uint16Array.of(1000, 2000, 65535) } as const;
  const example: Example = { ...discs(3, 1, []), image };
  const at = (sample: Sample) =>
    [...sample.pixels.slice(3, 6)].map((value) => Math.round(value * 1000) / 1000);
  expect(at(viewed(example, 3, {}))).toEqual([0.015, 0.031, 1]);
  expect(at(viewed({ ...example, intensity: { black: 1000, white: 3000 } }, 3, {}))).toEqual([0, 0.5, 1]);
});

test('8-bit images are shown in their intensity range, if they have one, clipped at both ends', () => {
  const image = { width: 3, height: 1, channels: 1, data: Uint8Array.of(10, 40, 255) } as const;
  const example: Example = { ...discs(3, 1, []), image, intensity: { black: 20, white: 60 } };
  expect([...viewed(example, 3, {}).pixels.slice(3, 6)]).toEqual([0, 0.5, 1]);
});
