import fc from 'fast-check';
import { expect, test } from 'vitest';
import { measureInstances } from '../../../src/data/geometry/label-image.js';
import { type Box, boxAt } from '../../../src/data/geometry/box.js';
import { pasteNuclei } from '../../../src/data/augment/copy-paste.js';
import { highestLabel, type Sample } from '../../../src/data/augment/sample.js';
import { randomFor } from '../../../src/random.js';
import { anyExample, discs } from './samples.js';
import type { Example } from '../../../src/data/read/example.js';

const toSample = ({ image, labelImage }: Example): Sample => ({
  width: image.width,
  height: image.height,
  channels: image.channels,
  pixels: Float32Array.from(image.data, (value) => value / 255),
  labels: Int32Array.from(labelImage.labels),
  ignore: Uint8Array.from(labelImage.labels, (_, pixel) =>
    pixel % 5 === 0 && labelImage.labels[pixel] === 0 ? 1 : 0,
  ),
});

const wholeOf = ({ width, height }: Sample): Box => ({ x1: 0, y1: 0, x2: width, y2: height });

test('copies are new labels on free background, each with the area of a nucleus; old labels stay the same', () => {
  fc.assert(
    fc.property(anyExample, fc.integer(), fc.integer({ min: 1, max: 5 }), (example, seed, count) => {
      const clear = { ...toSample(example), ignore: new Uint8Array(example.labelImage.labels.length) };
      const pasted = pasteNuclei(clear, { count, area: wholeOf(clear) }, randomFor(seed));
      const before = measureInstances(clear, example.instanceCount);
      const number = highestLabel(pasted.labels);
      const after = measureInstances(pasted, number); // throws if a label has a gap
      expect(number).toBeLessThanOrEqual(example.instanceCount + count);
      for (let k = example.instanceCount; k < number; k++) expect(before.areas).toContain(after.areas[k]);
      clear.labels.forEach((label, pixel) => {
        if (label === 0) return;
        expect(pasted.labels[pixel]).toBe(label);
        expect(pasted.pixels[pixel * clear.channels]).toBe(clear.pixels[pixel * clear.channels]);
      });
    }),
  );
});

test('no copy covers an ignored pixel, and all other pixels stay the same', () => {
  fc.assert(
    fc.property(anyExample, fc.integer(), (example, seed) => {
      const sample = toSample(example);
      const pasted = pasteNuclei(sample, { count: 5, area: wholeOf(sample) }, randomFor(seed));
      expect(pasted.ignore).toBe(sample.ignore);
      sample.ignore.forEach((ignore, pixel) => {
        if (ignore === 1) expect(pasted.labels[pixel]).toBe(0);
      });
      pasted.labels.forEach((label, pixel) => {
        if (label === 0)
          expect(pasted.pixels[pixel * sample.channels]).toBe(sample.pixels[pixel * sample.channels]);
      });
    }),
  );
});

test('a copy has the pixels of its nucleus inside, and half of them on the outline', () => {
  const sample = toSample(discs(60, 60, [{ x: 10, y: 10, radius: 6 }]));
  const pasted = pasteNuclei(
    { ...sample, ignore: new Uint8Array(3600) },
    { count: 1, area: wholeOf(sample) },
    randomFor(1),
  );
  const [inside, background] = [sample.pixels[10 * 60 + 10]!, sample.pixels[0]!];
  const values = new Set([...pasted.pixels].filter((_, pixel) => pasted.labels[pixel] === 2));
  expect(values).toEqual(new Set([inside, Math.fround(0.5 * inside + 0.5 * background)]));
});

test('a nucleus at the edge is not copied; without other nuclei there is no copy', () => {
  const cut = toSample(discs(40, 40, [{ x: 0, y: 20, radius: 6 }]));
  expect(pasteNuclei(cut, { count: 3, area: wholeOf(cut) }, randomFor(1))).toBe(cut);
  const empty = toSample(discs(5, 5, []));
  expect(pasteNuclei(empty, { count: 3, area: wholeOf(empty) }, randomFor(1))).toBe(empty);
});

test('copies are within the area', () => {
  const sample = { ...toSample(discs(80, 80, [{ x: 60, y: 60, radius: 6 }])), ignore: new Uint8Array(6400) };
  const area = { x1: 5, y1: 20, x2: 50, y2: 33 };
  let copies = 0;
  for (let seed = 0; seed < 20; seed++) {
    const { width, height, labels } = pasteNuclei(sample, { count: 4, area }, randomFor(seed));
    const { boxes } = measureInstances({ width, height, labels }, highestLabel(labels));
    for (let k = 1; k < boxes.length / 4; k++, copies++) {
      const { x1, y1, x2, y2 } = boxAt(boxes, k);
      expect(x1 >= area.x1 && y1 >= area.y1 && x2 <= area.x2 && y2 <= area.y2).toBe(true);
    }
  }
  expect(copies).toBeGreaterThan(20);
  const narrow = { ...area, x2: 15 }; // 10 px for a nucleus of 12
  expect(highestLabel(pasteNuclei(sample, { count: 4, area: narrow }, randomFor(1)).labels)).toBe(1);
});
