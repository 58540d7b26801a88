import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { LabelImage } from '../../src/data/geometry/label-image.js';
import { evaluateImage } from '../../src/eval/evaluate-image.js';
import { countOverlaps } from '../../src/eval/overlaps.js';
import { randomFor, type Random } from '../../src/random.js';
import { bar, blank, drawing, narrow } from '../reference/draw.js';
import { referenceMetrics } from '../reference/pixel-sets.js';

const each = (value: number) => new Array<number>(10).fill(value);

describe('against sets of pixels', () => {
  /** Rectangles over each other, with labels that leave gaps; sometimes none. */
  function randomLabels(random: Random, width: number, height: number) {
    const labels = new Int32Array(width * height);
    const count = random.integer(9);
    for (let object = 0; object < count; object++) {
      const [left, top] = [random.integer(width), random.integer(height)];
      const [right, bottom] = [left + 1 + random.integer(6), top + 1 + random.integer(6)];
      const label = 1 + random.integer(random.integer(20) === 0 ? 2 ** 31 - 2 : 12);
      for (let y = top; y < Math.min(bottom, height); y++) {
        labels.fill(label, y * width + left, y * width + Math.min(right, width));
      }
    }
    return { width, height, labels };
  }

  /** The same with some pixels taken from other places, so that all sizes of IoU occur. */
  function disturbed({ width, height, labels }: ReturnType<typeof randomLabels>, random: Random) {
    const amount = random.integer(width * height);
    const changed = labels.slice();
    for (let change = 0; change < amount; change++) {
      if (random.integer(3) > 0) continue;
      changed[random.integer(changed.length)] = random.integer(2) * changed[random.integer(changed.length)]!;
    }
    return { width, height, labels: changed };
  }

  test('5000 random pairs of label images give the same metrics', () => {
    const random = randomFor(5, 'label images');
    const seen = {
      hits: 0,
      bothEmpty: 0,
      missed: 0,
      merged: 0,
      split: 0,
      extra: 0,
      merging: 0,
      fragments: 0,
    };
    for (let trial = 0; trial < 5000; trial++) {
      const [width, height] = [1 + random.integer(16), 1 + random.integer(16)];
      const gt = randomLabels(random, width, height);
      const pred = trial % 2 === 0 ? disturbed(gt, random) : randomLabels(random, width, height);
      const metrics = evaluateImage(gt, pred, { id: 'x' });
      const reference = referenceMetrics(gt, pred);
      for (const key of ['score', 'aji', 'panopticQuality', 'meanMatchedIou'] as const) {
        const [actual, expected] = [metrics[key], reference[key]];
        if (expected === null) expect(actual).toBeNull();
        else expect(actual).toBeCloseTo(expected, 12);
      }
      const { gtCount, predCount, tp, fp, fn, errors } = reference;
      expect(metrics).toMatchObject({ gtCount, predCount, tp, fp, fn, errors });
      seen.hits += tp[9]!;
      seen.bothEmpty += gtCount + predCount === 0 ? 1 : 0;
      for (const kind of ['missed', 'merged', 'split', 'extra', 'merging', 'fragments'] as const) {
        seen[kind] += errors[kind];
      }
    }
    // Every kind of event occurred.
    for (const count of Object.values(seen)) expect(count).toBeGreaterThan(20);
  });

  test('renumbering the labels changes nothing', () => {
    const image = fc.array(fc.integer({ min: 0, max: 4 }), { minLength: 24, maxLength: 24 });
    const name = fc.integer({ min: 1, max: 2 ** 31 - 1 });
    const names = fc.uniqueArray(name, { minLength: 4, maxLength: 4 });
    fc.assert(
      fc.property(image, image, names, (gt, pred, names) => {
        const size = { width: 6, height: 4 };
        const renamed = (labels: number[]) => labels.map((label) => (label === 0 ? 0 : names[label - 1]!));
        const of = (gt: number[], pred: number[]) =>
          evaluateImage(
            { ...size, labels: Int32Array.from(gt) },
            { ...size, labels: Int32Array.from(pred) },
            { id: 'x' },
          );
        const [before, after] = [of(gt, pred), of(renamed(gt), renamed(pred))];
        expect(after.tp).toEqual(before.tp);
        expect(after.errors).toEqual(before.errors);
        expect(after.panopticQuality).toBeCloseTo(before.panopticQuality, 12);
      }),
    );
  });
});

test('the width of labels and their alignment in memory change nothing', () => {
  // Labels whose sign bit is set in 16 bits, too; background that fills whole words, or begins and ends within one.
  const run = fc.record({ label: fc.constantFrom(0, 0, 1, 2, 0x7fff, 0x8000, 0xffff), length: fc.nat(20) });
  const runs = fc.array(run, { maxLength: 20 });
  fc.assert(
    fc.property(runs, runs, fc.integer({ min: 1, max: 200 }), (gtRuns, predRuns, width) => {
      const wide = ([gtRuns, predRuns] as const).map((runs) => {
        const labels = runs.flatMap(({ label, length }) => new Array<number>(length).fill(label));
        return { width, height: 1, labels: Int32Array.from({ length: width }, (_, x) => labels[x] ?? 0) };
      });
      const [gt, pred] = [wide[0]!, wide[1]!];
      const inside = (image: LabelImage) => {
        const memory = new Uint16Array(width + 1);
        memory.set(image.labels, 1);
        return { ...image, labels: memory.subarray(1) };
      };
      const expected = countOverlaps(gt, pred);
      expect(countOverlaps(narrow(gt), narrow(pred))).toEqual(expected);
      expect(countOverlaps(inside(gt), narrow(pred))).toEqual(expected);
      expect(countOverlaps(narrow(gt), pred)).toEqual(expected);
      expect(countOverlaps(gt, inside(pred))).toEqual(expected);
      const { tp, fp, aji } = referenceMetrics(gt, pred);
      expect(evaluateImage(narrow(gt), narrow(pred), { id: 'x' })).toMatchObject({ tp, fp, aji });
    }),
    { numRuns: 500 },
  );
});

describe('just below, at and just above a threshold', () => {
  test.each([
    // Bars of 20 px in a row of 60. Moved by d: I = 20 - d, U = 20 + d.
    { gt: [0, 20], pred: [0, 11], hits: 1 }, // 11/20 = 0.55 exactly: above 0.5, no hit at 0.55
    { gt: [0, 20], pred: [0, 12], hits: 2 }, // 12/20 = 0.60 exactly
    { gt: [0, 20], pred: [0, 10], hits: 0 }, // 10/20 = 0.50 exactly: no hit at all
    { gt: [0, 20], pred: [0, 19], hits: 9 }, // 19/20 = 0.95 exactly: no hit at 0.95
    { gt: [0, 20], pred: [0, 20], hits: 10 },
    { gt: [0, 41], pred: [0, 39], hits: 10 }, // 39/41 = 0.9512
    { gt: [0, 20], pred: [6, 26], hits: 1 }, // 14/26 = 0.538
    { gt: [0, 20], pred: [7, 27], hits: 0 }, // 13/27 = 0.481
    { gt: [0, 4], pred: [0, 3], hits: 5 }, // 3/4 = 0.75 exactly: a hit at 0.50 .. 0.70
    { gt: [0, 29], pred: [0, 20], hits: 4 }, // 20/29 = 0.6897; 0.70 would need 20.3 px
  ] as const)('truth $gt, prediction $pred: $hits hits', ({ gt, pred, hits }) => {
    const { score, tp } = evaluateImage(bar(60, gt), bar(60, pred), { id: 'x' });
    expect(tp.filter((count) => count === 1)).toHaveLength(hits);
    expect(score).toBeCloseTo(hits / 10, 12);
  });
});

describe('empty cases', () => {
  const one = drawing('11.', '...');

  test('both empty: 1', () => {
    expect(evaluateImage(blank(3, 2), blank(3, 2), { id: 'x' })).toMatchObject({
      score: 1,
      tp: each(0),
      fp: each(0),
      fn: each(0),
      aji: 1,
      panopticQuality: 1,
      meanMatchedIou: null,
    });
  });

  test('no truth, a prediction: 0', () => {
    const metrics = { score: 0, fp: each(1), fn: each(0), aji: 0, panopticQuality: 0 };
    expect(evaluateImage(blank(3, 2), one, { id: 'x' })).toMatchObject(metrics);
  });

  test('truth, no prediction: 0', () => {
    const metrics = { score: 0, fp: each(0), fn: each(1), aji: 0, panopticQuality: 0 };
    expect(evaluateImage(one, blank(3, 2), { id: 'x' })).toMatchObject(metrics);
  });

  test('predicted objects without pixels are false positives', () => {
    const one = drawing('11.', '...');
    const { score, fp, predCount, errors, panopticQuality } = evaluateImage(one, one, {
      id: 'x',
      withoutPixels: 3,
    });
    // TP / (TP + FP + FN) = 1 / (1 + 3); PQ = 1 / (1 + 3/2)
    expect({ score, fp, predCount, panopticQuality }).toEqual({
      score: 0.25,
      fp: each(3),
      predCount: 4,
      panopticQuality: 0.4,
    });
    expect(errors).toMatchObject({ extra: 3, missed: 0 });
    expect(evaluateImage(blank(3, 2), blank(3, 2), { id: 'x', withoutPixels: 1 }).score).toBe(0);
  });
});

test('a hand-computed image', () => {
  const gt = drawing(
    '111.22', //
    '111.22',
    '......',
    '3333.4',
  );
  const pred = drawing(
    '11..55', //
    '111.5.',
    '.....7',
    '33.8..',
  );
  // 1: I 5, U 6: 0.833, a hit at 0.50 .. 0.80. 2 and 5: 3/4, at 0.50 .. 0.70. 3 and 3: 2/4, no hit. 4: no overlap.
  const result = evaluateImage(gt, pred, { id: 'image' });
  expect(result).toMatchObject({
    id: 'image',
    gtCount: 4,
    predCount: 5,
    tp: [2, 2, 2, 2, 2, 1, 1, 0, 0, 0],
    fp: [3, 3, 3, 3, 3, 4, 4, 5, 5, 5],
    fn: [2, 2, 2, 2, 2, 3, 3, 4, 4, 4],
    // 3 lies in pieces 3 and 8; 4 has nothing; 7 has nothing.
    errors: { missed: 1, merged: 0, split: 1, extra: 1, merging: 0, fragments: 2 },
  });
  // (5 * 2/7 + 2 * 1/8) / 10
  expect(result.score).toBeCloseTo((5 * (2 / 7) + 2 * (1 / 8)) / 10, 12);
  expect(result.meanMatchedIou).toBeCloseTo((5 / 6 + 3 / 4) / 2, 12);
  // Intersections 5 + 3 + 2 + 0; unions 6 + 4 + 4 + 1, and the untaken 7 and 8 of one pixel each.
  expect(result.aji).toBeCloseTo(10 / 17, 12);
  expect(result.panopticQuality).toBeCloseTo((5 / 6 + 3 / 4) / (2 + 3 / 2 + 2 / 2), 12);
});

test('two nuclei under one prediction are merged, unless one of them is hit', () => {
  const halves = evaluateImage(drawing('1122'), drawing('3333'), { id: 'x' });
  expect(halves.errors).toMatchObject({ merged: 2, merging: 1, missed: 0, extra: 0 });
  const mostOne = evaluateImage(drawing('111112'), drawing('333333'), { id: 'x' });
  expect(mostOne.tp[0]).toBe(1);
  expect(mostOne.errors).toMatchObject({ merged: 1, merging: 0, missed: 0, extra: 0 });
});

test('a matched pair belongs to the size class of its true instance', () => {
  // 12 x 10 = 120 px is small, 13 x 10 = 130 px medium; IoU 120/130.
  const block = (width: number) =>
    drawing(...new Array<string>(10).fill('1'.repeat(width).padEnd(20, '.')), '...................2');
  const [small, medium, large] = evaluateImage(block(12), block(13), { id: 'x' }).sizeClasses;
  expect(small).toMatchObject({ gtCount: 2, predCount: 2, tp: [2, 2, 2, 2, 2, 2, 2, 2, 2, 1] });
  expect(medium).toMatchObject({ gtCount: 0, predCount: 0 });
  expect(large).toMatchObject({ gtCount: 0, predCount: 0 });
});

test('no number of instances is too many', () => {
  const labels = Int32Array.from({ length: 300 * 300 }, (_, pixel) => pixel + 1);
  const crowd = { width: 300, height: 300, labels };
  const { score, gtCount, tp } = evaluateImage(crowd, crowd, { id: 'x' });
  expect({ score, gtCount, tp }).toEqual({ score: 1, gtCount: 90_000, tp: each(90_000) });
});

test('label images of different sizes and negative labels are a programming error', () => {
  expect(() => evaluateImage(blank(3, 2), blank(2, 3), { id: 'x' })).toThrow(
    'Expected label images of one size, received 3 x 2 and 2 x 3',
  );
  const negative = { width: 1, height: 1, labels: Int32Array.of(-3) };
  expect(() => evaluateImage(negative, blank(1, 1), { id: 'x' })).toThrow(
    'Expected labels from 0, received -3',
  );
});
