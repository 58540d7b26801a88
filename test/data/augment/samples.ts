import fc from 'fast-check';
import type { Augment } from '../../../src/config/augment.js';
import { Augment as AugmentSchema } from '../../../src/config/augment.js';
import type { Sample } from '../../../src/data/augment/sample.js';
import { type Example, renumberLabels } from '../../../src/data/read/example.js';
import { randomFor } from '../../../src/random.js';
import { uniform } from '../../helpers/uniform.js';

export interface Disc {
  readonly x: number;
  readonly y: number;
  readonly radius: number;
}

/** An example of grey discs, brighter by label; a later disc covers an earlier one. */
export function discs(width: number, height: number, list: readonly Disc[], channels: 1 | 3 = 1): Example {
  const labels = new Int32Array(width * height);
  for (let pixel = 0; pixel < labels.length; pixel++) {
    const [x, y] = [(pixel % width) + 0.5, Math.floor(pixel / width) + 0.5];
    list.forEach((disc, k) => {
      if (Math.hypot(x - disc.x, y - disc.y) < disc.radius) labels[pixel] = k + 1;
    });
  }
  const renumbered = renumberLabels(labels);
  const data = new Uint8Array(labels.length * channels);
  for (let i = 0; i < data.length; i++) {
    const label = renumbered.labels[Math.floor(i / channels)]!;
    data[i] = label === 0 ? 10 + (i % channels) * 40 : 60 + ((label * 31 + (i % channels) * 17) % 190);
  }
  return {
    id: 'discs',
    image: { width, height, channels, data },
    labelImage: { width, height, labels: renumbered.labels },
    instanceCount: renumbered.instanceCount,
  };
}

const disc = (width: number, height: number) =>
  fc.record({
    x: uniform(0, width),
    y: uniform(0, height),
    radius: fc.double({ min: 1, max: 12, noNaN: true }),
  });

/** Small examples of any shape, with 0 to 6 nuclei. */
export const anyExample: fc.Arbitrary<Example> = fc
  .record({ width: fc.integer({ min: 8, max: 60 }), height: fc.integer({ min: 8, max: 60 }) })
  .chain(({ width, height }) =>
    fc
      .record({
        list: fc.array(disc(width, height), { maxLength: 6 }),
        channels: fc.constantFrom<(1 | 3)[]>(1, 3),
      })
      .map(({ list, channels }) => discs(width, height, list, channels)),
  );

/** A sample of random pixels, with the given values of the labels or 0. */
export function noiseSample(
  width: number,
  height: number,
  channels: 1 | 3,
  seed = 1,
  labels?: Int32Array,
): Sample {
  const random = randomFor(seed, 'noise sample');
  return {
    width,
    height,
    channels,
    pixels: Float32Array.from({ length: width * height * channels }, () => random.uniform()),
    labels: labels ?? new Int32Array(width * height),
    ignore: new Uint8Array(width * height),
  };
}

export const anySample: fc.Arbitrary<Sample> = fc
  .record({
    width: fc.integer({ min: 1, max: 20 }),
    height: fc.integer({ min: 1, max: 20 }),
    channels: fc.constantFrom<(1 | 3)[]>(1, 3),
    seed: fc.integer(),
  })
  .map(({ width, height, channels, seed }) => noiseSample(width, height, channels, seed));

/** Nothing is varied. */
export const noAugment: Augment = AugmentSchema.parse({
  turns: false,
  scale: { min: 1, max: 1 },
  rotation: { probability: 0 },
  elastic: { probability: 0 },
  copyPaste: { probability: 0 },
  invert: 0,
  grey: 0,
  colour: { probability: 0 },
  contrast: { probability: 0 },
  gamma: { probability: 0 },
  blur: { probability: 0 },
  noise: { probability: 0 },
});

/** Everything is varied, always. */
export const fullAugment: Augment = AugmentSchema.parse({
  rotation: { probability: 1 },
  elastic: { probability: 1 },
  copyPaste: { probability: 1 },
  invert: 0.5,
  grey: 0.5,
  colour: { probability: 1 },
  stain: { probability: 1 },
  palette: { probability: 0.5 },
  contrast: { probability: 1 },
  gamma: { probability: 1 },
  blur: { probability: 1 },
  noise: { probability: 1 },
});
