import fc from 'fast-check';
import { expect, test } from 'vitest';
import { areaFactor } from '../../src/data/geometry/linear-map.js';
import { describeTta, fuseViews, plainView, ttaViews } from '../../src/predict/tta.js';
import { uniform } from '../helpers/uniform.js';

test('views are all combinations of what is named, the plain one first', () => {
  expect(ttaViews([])).toEqual([plainView]);
  expect(ttaViews(['flips'])).toHaveLength(4);
  expect(ttaViews(['turns', 'flips'])).toHaveLength(8);
  expect(ttaViews(['turns', 'scales', 'polarity'])).toHaveLength(48);
  for (const names of [['turns', 'scales', 'polarity'], ['flips']] as const) {
    const views = ttaViews([...names]);
    expect(views[0]).toEqual(plainView);
    // 0 and -0 are the same turn.
    const written = views.map((view) => JSON.stringify(view));
    expect(new Set(written).size).toBe(views.length);
    for (const { turn } of views) expect(areaFactor(turn)).toBe(1);
  }
});

test('turns are exact, and flips keep the axes', () => {
  // -0 is added to 0, so that they compare as equal.
  const matrices = (name: 'flips' | 'turns') =>
    ttaViews([name]).map(({ turn: { xx, xy, yx, yy } }) => [xx, xy, yx, yy].map((value) => value + 0));
  const flips = [
    [1, 0, 0, 1],
    [-1, 0, 0, 1],
    [-1, 0, 0, -1],
    [1, 0, 0, -1],
  ];
  expect(matrices('flips')).toEqual(flips);
  expect(matrices('turns')).toHaveLength(8);
  expect(matrices('turns')).toEqual(expect.arrayContaining([...flips, [0, 1, -1, 0], [0, -1, 1, 0]]));
});

const box = (x1: number, y1: number, x2: number, y2: number) => ({ x1, y1, x2, y2 });

test('boxes of two views are weighted by their scores; a view that misses a nucleus lowers its score', () => {
  const fused = fuseViews([
    [
      { box: box(0, 0, 10, 10), score: 0.8 },
      { box: box(50, 50, 60, 60), score: 0.9 },
    ],
    [{ box: box(0, 0, 10, 13), score: 0.4 }], // IoU 100 / 130 = 0.77
  ]);
  expect(fused).toHaveLength(2);
  expect(fused[0]!.box.y2).toBeCloseTo(11, 12); // (0.8 * 10 + 0.4 * 13) / 1.2
  expect(fused[0]!.score).toBeCloseTo(0.6, 12); // (0.8 + 0.4) / 2
  expect(fused[1]).toEqual({ box: box(50, 50, 60, 60), score: 0.45 }); // (0.9 + 0) / 2
});

test('two boxes of one view are two nuclei, however alike; each takes the box of the other view that is most like it', () => {
  const fused = fuseViews([
    [
      { box: box(0, 0, 10, 10), score: 0.8 },
      { box: box(0, 2, 10, 12), score: 0.7 },
    ],
    [
      { box: box(0, 2, 10, 12), score: 0.6 },
      { box: box(0, 0, 10, 10), score: 0.5 },
    ],
  ]);
  expect(fused.map(({ box }) => box)).toEqual([box(0, 0, 10, 10), box(0, 2, 10, 12)]);
  expect(fused.map(({ score }) => score)).toEqual([expect.closeTo(0.65, 12), expect.closeTo(0.65, 12)]);
});

const boxes = fc.array(
  fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 0, max: 20 }), fc.integer({ min: 3, max: 9 }))
    .chain(([x, y, side]) =>
      fc.record({
        box: fc.constant(box(x, y, x + side, y + side)),
        score: uniform(0, 1),
      }),
    ),
  { maxLength: 8 },
);

test('a single view, and views that agree, are not changed; no views give no boxes', () => {
  fc.assert(
    fc.property(boxes, fc.integer({ min: 1, max: 4 }), (found, count) => {
      const fused = fuseViews(Array.from({ length: count }, () => found));
      expect(fused).toHaveLength(found.length);
      const sums = (of: typeof found) => of.reduce((sum, { score }) => sum + score, 0);
      expect(sums(fused)).toBeCloseTo(sums(found), 9);
    }),
  );
  expect(fuseViews([[], []])).toEqual([]);
});

test('boxes of two views are one nucleus above an IoU of 0.55, and two nuclei at 0.55 and below', () => {
  const count = (height: number) =>
    fuseViews([[{ box: box(0, 0, 10, 10), score: 0.8 }], [{ box: box(0, 0, 10, height), score: 0.4 }]])
      .length;
  expect(count(5)).toBe(2); // IoU 50 / 100
  expect(count(5.5)).toBe(2); // 55 / 100
  expect(count(5.6)).toBe(1); // 56 / 100
});

test('nuclei of equal scores are in the order of their boxes, whatever the order of the views', () => {
  const [upper, lower] = [
    { box: box(9, 0, 19, 10), score: 0.5 },
    { box: box(0, 30, 10, 40), score: 0.5 },
  ];
  for (const views of [
    [[upper], [lower]],
    [[lower], [upper]],
    [[lower, upper], []],
  ]) {
    expect(fuseViews(views)).toEqual([
      { ...upper, score: 0.25 },
      { ...lower, score: 0.25 },
    ]);
  }
});

test('with equal scores the upper box begins a nucleus, whatever the order of the views', () => {
  // Each 10 px high and 2 px below the one before: IoU 8 / 12, and 6 / 14 of the first with the last.
  const [first, second, third] = [0, 2, 4].map((y) => [{ box: box(0, y, 10, y + 10), score: 0.6 }]);
  for (const views of [
    [first!, second!, third!],
    [third!, second!, first!],
    [second!, third!, first!],
  ]) {
    const [joined, alone] = fuseViews(views);
    expect(joined!.box.y1).toBeCloseTo(1, 12); // of 0 and 2
    expect(joined!.score).toBeCloseTo(0.4, 12); // (0.6 + 0.6 + 0) / 3
    expect(alone!.box).toEqual(third![0]!.box);
  }
});

test('the box with the highest score begins a nucleus, and comes first', () => {
  const views = [
    [{ box: box(0, 0, 10, 10), score: 0.5 }],
    [{ box: box(0, 2, 10, 12), score: 0.9 }],
    [{ box: box(0, 4, 10, 14), score: 0.7 }],
  ];
  // IoU 8 / 12 of the second one with both others: one nucleus.
  expect(fuseViews(views)).toHaveLength(1);
  const [low, high] = [
    { box: box(0, 0, 10, 10), score: 0.5 },
    { box: box(0, 50, 10, 60), score: 0.9 },
  ];
  expect(fuseViews([[low, high]])).toEqual([high, low]);
});

test('the settings in words', () => {
  expect(describeTta({ tta: ['flips', 'scales'], secondPass: true, darkZoom: 0.7 })).toEqual([
    'tta flips x scales',
    'second pass',
    'dark zoom 0.7',
  ]);
  expect(describeTta({ tta: [], secondPass: false, darkZoom: 1 })).toEqual([]);
});

test('boxes of score 0 have equal weights', () => {
  const fused = fuseViews([[{ box: box(0, 0, 10, 10), score: 0 }], [{ box: box(0, 0, 10, 8), score: 0 }]]);
  expect(fused).toEqual([{ box: box(0, 0, 10, 9), score: 0 }]);
});

test('scales are half an octave in all, around 1', () => {
  const scales = ttaViews(['scales']).map(({ scale }) => scale);
  expect(scales).toEqual([1, expect.closeTo(0.8409, 4), expect.closeTo(1.1892, 4)]); // 2^-1/4, 2^1/4
});
