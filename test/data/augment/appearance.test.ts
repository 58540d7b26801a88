import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Augment } from '../../../src/config/augment.js';
import { augmentAppearance } from '../../../src/data/augment/appearance.js';
import { blur } from '../../../src/data/augment/blur.js';
import { changeColour, toGrey } from '../../../src/data/augment/colour.js';
import { addNoise } from '../../../src/data/augment/noise.js';
import { changePalette, drawPalette } from '../../../src/data/augment/palette.js';
import { deviationOf, type Sample } from '../../../src/data/augment/sample.js';
import { changeStain } from '../../../src/data/augment/stain.js';
import { changeContrast, changeGamma, invertPolarity } from '../../../src/data/augment/tone.js';
import { randomFor } from '../../../src/random.js';
import { anySample, fullAugment, noAugment, noiseSample } from './samples.js';

const one = (...pixels: number[]): Sample => ({
  ...noiseSample(1, 1, pixels.length === 3 ? 3 : 1),
  pixels: Float32Array.from(pixels),
});
const row = (...pixels: number[]): Sample => ({
  ...noiseSample(pixels.length, 1, 1),
  pixels: Float32Array.from(pixels),
});
const close = (actual: Float32Array, expected: readonly number[], digits = 6) => {
  expect(actual.length).toBe(expected.length);
  expected.forEach((value, i) => expect(actual[i]).toBeCloseTo(value, digits));
};
const farthest = (a: Float32Array, b: Float32Array) =>
  Math.max(...a.map((value, i) => Math.abs(value - b[i]!)));

test('polarity: hand-computed; applied twice it changes nothing', () => {
  close(invertPolarity(row(0, 0.25, 1)).pixels, [1, 0.75, 0]);
  fc.assert(
    fc.property(anySample, (sample) => {
      expect(farthest(invertPolarity(invertPolarity(sample)).pixels, sample.pixels)).toBeLessThan(1e-6);
    }),
  );
});

test('contrast scales values about their mean and clips', () => {
  close(changeContrast(row(0.2, 0.4, 0.6), { factor: 2, shift: 0.1 }).pixels, [0.1, 0.5, 0.9]);
  close(changeContrast(row(0, 1), { factor: 3, shift: 0 }).pixels, [0, 1]);
});

test('gamma keeps black and white, brightens below 1, and changes nothing at 1', () => {
  close(changeGamma(row(0, 0.25, 1), 0.5).pixels, [0, 0.5, 1], 3);
  fc.assert(
    fc.property(anySample, (sample) => {
      expect(farthest(changeGamma(sample, 1).pixels, sample.pixels)).toBeLessThan(1 / 8000);
    }),
  );
});

test('grey is the luma of the colours', () => {
  const grey = toGrey(one(1, 0.5, 0.25));
  expect(grey.channels).toBe(1);
  close(grey.pixels, [0.299 + 0.587 / 2 + 0.114 / 4]);
});

test('colour: a third of a turn exchanges the channels, saturation 0 gives their mean, shifts are added', () => {
  const still = { hue: 0, saturation: 1, shifts: [0, 0, 0] as const };
  const sample = one(0.2, 0.3, 0.7);
  close(changeColour(sample, still).pixels, [0.2, 0.3, 0.7]);
  close(changeColour(sample, { ...still, hue: (2 * Math.PI) / 3 }).pixels, [0.7, 0.2, 0.3]);
  close(changeColour(sample, { ...still, saturation: 0 }).pixels, [0.4, 0.4, 0.4]);
  close(changeColour(sample, { ...still, shifts: [0.1, 0, -0.8] }).pixels, [0.3, 0.3, 0]);
});

test('stain: factors of 1 change nothing, and factors of 0 give white', () => {
  const still = { factors: [1, 1, 1] as const, shifts: [0, 0, 0] as const };
  fc.assert(
    fc.property(anySample, (sample) => {
      expect(farthest(changeStain(sample, still).pixels, sample.pixels)).toBeLessThan(1e-5);
    }),
  );
  close(changeStain(one(0.5, 0.2, 0.4), { ...still, factors: [0, 0, 0] }).pixels, [1, 1, 1], 2);
  // White with half a unit of eosin: exp(-0.5 * 0.07), exp(-0.5 * 0.99), exp(-0.5 * 0.11).
  close(changeStain(one(1, 1, 1), { ...still, shifts: [0, 0.5, 0] }).pixels, [0.9656, 0.6096, 0.9465], 2);
  // Pure haematoxylin of density 1, doubled: exp(-2 * 0.65), exp(-2 * 0.7), exp(-2 * 0.29), but for the darkest value.
  const pure = one(Math.exp(-0.65), Math.exp(-0.7), Math.exp(-0.29));
  close(changeStain(pure, { ...still, factors: [2, 1, 1] }).pixels, [0.2725, 0.2466, 0.5599], 2);
});

test('palette: black and white become its colours, values between become mixtures, colours become grey first', () => {
  const palette = { black: [1, 0.5, 0] as const, white: [0, 0.5, 0.5] as const };
  const painted = changePalette(row(0, 1, 0.25), palette);
  expect(painted.channels).toBe(3);
  close(painted.pixels, [1, 0.5, 0, 0, 0.5, 0.5, 0.75, 0.5, 0.125]);
  // Luma 0.299 + 0.587 / 2 + 0.114 / 4 = 0.621.
  close(changePalette(one(1, 0.5, 0.25), palette).pixels, [1 - 0.621, 0.5, 0.621 / 2]);
});

test('the colours of a palette differ in brightness, in either direction, and repeat with the random stream', () => {
  const luma = ([red, green, blue]: readonly number[]) => 0.299 * red! + 0.587 * green! + 0.114 * blue!;
  const palettes = Array.from({ length: 200 }, (_, k) => drawPalette(0.4, randomFor(k)));
  const contrasts = palettes.map(({ black, white }) => luma(white) - luma(black));
  for (const contrast of contrasts) expect(Math.abs(contrast)).toBeGreaterThanOrEqual(0.4);
  const brighter = contrasts.filter((contrast) => contrast > 0).length;
  // Four standard errors of 200 fair draws: 4 sqrt(50) = 28.
  expect(Math.abs(brighter - 100)).toBeLessThan(28);
  expect(drawPalette(0.4, randomFor(7))).toEqual(palettes[7]);
});

test('blur: hand-computed weights; the sum is kept away from the border, and a flat image stays flat', () => {
  const point = row(0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0);
  const { pixels } = blur(point, 1);
  // exp(-1 / 2) = 0.6065 of the middle; all seven weights add up to 2.5059.
  expect(pixels[5]).toBeCloseTo(1 / 2.5059, 4);
  expect(pixels[4]! / pixels[5]!).toBeCloseTo(0.6065, 4);
  expect(pixels.reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 5);
  fc.assert(
    fc.property(anySample, fc.double({ min: 0.2, max: 4, noNaN: true }), (sample, sigma) => {
      const flat = { ...sample, pixels: sample.pixels.map((_, i) => (i % sample.channels) / 4) };
      expect(farthest(blur(flat, sigma).pixels, flat.pixels)).toBeLessThan(1e-6);
      const blurred = blur(sample, sigma).pixels;
      expect(Math.max(...blurred)).toBeLessThanOrEqual(Math.max(...sample.pixels) + 1e-6);
    }),
  );
});

test('blur does not mix channels, and is the same along rows and columns', () => {
  const sample = noiseSample(9, 5, 3);
  const red = { ...noiseSample(9, 5, 1), pixels: sample.pixels.filter((_, i) => i % 3 === 0) };
  expect(blur(sample, 1.3).pixels.filter((_, i) => i % 3 === 0)).toEqual(blur(red, 1.3).pixels);
  const turned = {
    ...red,
    width: 5,
    height: 9,
    pixels: red.pixels.map((_, i) => red.pixels[(i % 5) * 9 + Math.floor(i / 5)]!),
  };
  const back = blur(turned, 1.3).pixels;
  expect(
    farthest(
      blur(red, 1.3).pixels,
      red.pixels.map((_, i) => back[(i % 9) * 5 + Math.floor(i / 9)]!),
    ),
  ).toBeLessThan(1e-6);
});

test('noise has mean 0, the requested deviation, no heavy tails, and independent neighbours', () => {
  const grey = { ...noiseSample(200, 200, 1), pixels: new Float32Array(40_000).fill(0.5) };
  const noise = addNoise(grey, 0.1, randomFor(1, 'noise')).pixels.map((value) => (value - 0.5) / 0.1);
  const mean = (values: Float32Array) => values.reduce((sum, value) => sum + value, 0) / values.length;
  // Four standard errors: 4 / sqrt(40000) = 0.02; of the variance sqrt(2) as much.
  expect(Math.abs(mean(noise))).toBeLessThan(0.02);
  expect(Math.abs(mean(noise.map((value) => value ** 2)) - 1)).toBeLessThan(0.03);
  for (const lag of [1, 2, 200]) {
    expect(Math.abs(mean(noise.slice(lag).map((value, i) => value * noise[i]!)))).toBeLessThan(0.02);
  }
  const far = noise.filter((value) => Math.abs(value) > 2).length / noise.length;
  expect(Math.abs(far - 0.0455)).toBeLessThan(0.01);
});

const changes: readonly [string, (sample: Sample, seed: number) => Sample][] = [
  ['polarity', invertPolarity],
  ['contrast', (sample) => changeContrast(sample, { factor: 1.5, shift: -0.1 })],
  ['gamma', (sample) => changeGamma(sample, 1.4)],
  ['grey', toGrey],
  ['colour', (sample) => changeColour(sample, { hue: 1, saturation: 1.4, shifts: [0.2, 0, -0.2] })],
  ['stain', (sample) => changeStain(sample, { factors: [1.2, 0.8, 1], shifts: [0.1, 0, -0.1] })],
  ['palette', (sample, seed) => changePalette(sample, drawPalette(0.25, randomFor(seed)))],
  ['blur', (sample) => blur(sample, 1)],
  ['noise', (sample, seed) => addNoise(sample, 0.1, randomFor(seed))],
  ['all', (sample, seed) => augmentAppearance(sample, fullAugment, randomFor(seed))],
];

test.each(changes)(
  '%s keeps labels and size, stays within 0..1 and leaves its argument alone',
  (_, change) => {
    fc.assert(
      fc.property(anySample, fc.integer(), (sample, seed) => {
        const before = sample.pixels.slice();
        const changed = change(sample, seed);
        expect(changed).toMatchObject({ width: sample.width, height: sample.height });
        expect(changed.labels).toBe(sample.labels);
        expect(changed.ignore).toBe(sample.ignore);
        expect(changed.pixels.length).toBe(sample.width * sample.height * changed.channels);
        expect(changed.pixels.every((value) => value >= 0 && value <= 1)).toBe(true);
        expect(sample.pixels).toEqual(before);
      }),
    );
  },
);

test.each(['colour', 'stain', 'grey'])('%s leaves a grey sample as it is', (name) => {
  const sample = noiseSample(4, 4, 1);
  expect(changes.find(([other]) => other === name)![1](sample, 1)).toBe(sample);
});

test('nothing changes if every probability is 0, and the same seed gives the same sample', () => {
  const sample = noiseSample(16, 16, 3);
  expect(augmentAppearance(sample, noAugment, randomFor(1))).toBe(sample);
  const draw = (seed: number) => augmentAppearance(sample, fullAugment, randomFor(seed)).pixels;
  expect(draw(3)).toEqual(draw(3));
  expect(draw(3)).not.toEqual(draw(4));
});

test.each([
  ['invert', { invert: 1 }],
  ['grey', { grey: 1 }],
  ['colour', { colour: { probability: 1 } }],
  ['stain', { stain: { probability: 1 } }],
  ['palette', { palette: { probability: 1 } }],
  ['contrast', { contrast: { probability: 1 } }],
  ['gamma', { gamma: { probability: 1 } }],
  ['blur', { blur: { probability: 1 } }],
  ['noise', { noise: { probability: 1 } }],
])('%s happens with its probability', (name, always) => {
  const sample = noiseSample(6, 6, 3);
  const changed = (config: object) => {
    const augment = Augment.parse({ ...noAugment, ...config });
    const outcomes = Array.from({ length: 200 }, (_, i) =>
      augmentAppearance(sample, augment, randomFor(1, i)),
    );
    return outcomes.filter((outcome) => outcome !== sample).length;
  };
  expect(changed(always)).toBe(200);
  const isNumber = name === 'invert' || name === 'grey';
  const sometimes = { [name]: isNumber ? 0.3 : { probability: 0.3 } };
  expect(changed(sometimes), name).toBeGreaterThan(34); // 60 +- 4 sqrt(200 * 0.3 * 0.7)
  expect(changed(sometimes), name).toBeLessThan(86);
});

test('in a dim image nuclei stay brighter than their background under every augmentation', () => {
  const labels = Int32Array.from({ length: 1024 }, (_, i) =>
    i % 32 > 10 && i % 32 < 20 && i > 320 && i < 640 ? 1 : 0,
  );
  const dim = {
    ...noiseSample(32, 32, 1),
    labels,
    pixels: Float32Array.from(labels, (label) => 0.01 + 0.02 * label),
  };
  const off = { probability: 0 };
  const augment = Augment.parse({ ...fullAugment, invert: 0, palette: off, blur: off });
  for (let seed = 0; seed < 300; seed++) {
    const { pixels } = augmentAppearance(dim, augment, randomFor(seed));
    const mean = (label: number) => {
      const values = [...pixels].filter((_, i) => labels[i] === label);
      return values.reduce((sum, value) => sum + value, 0) / values.length;
    };
    // Gamma to the power of 1.5 makes them 0.001 and 0.005, contrast another 1.6 times closer.
    expect(mean(1) - mean(0)).toBeGreaterThan(0.002);
  }
});

test('deviationOf: hand-computed', () => {
  expect(deviationOf(row(0, 0.5, 1, 0.5))).toBeCloseTo(Math.sqrt(0.125), 9);
  expect(deviationOf(row(0.3, 0.3))).toBeCloseTo(0, 6);
});
