import { describe, expect, test } from 'vitest';
import { clip, labelAt } from '../../../src/annotate-page/tools/label-map.js';
import { addMask, fillHoles, lassoMask, reshape, smooth } from '../../../src/annotate-page/tools/shape.js';
import { labelUnderLine, linePixels, split } from '../../../src/annotate-page/tools/split.js';
import { brush, erase, firstLabelUnder } from '../../../src/annotate-page/tools/stroke.js';
import { mergeNuclei, removeNuclei } from '../../../src/annotate-page/tools/whole.js';
import { after, boundsOf, mapOf } from './drawn.js';

const placed = (map: ReturnType<typeof mapOf>, ...labels: number[]) =>
  labels.map((label) => ({ label, bounds: boundsOf(map, label) }));

describe('brush', () => {
  const map = mapOf('.......', '.......', '...22..', '.......', '.......');
  const dot = { points: [{ x: 2.5, y: 2.5 }], radius: 1 };

  test('paints the pixels whose centre is within the radius, and leaves neighbours whole', () => {
    // Centres within 1 px of (2.5, 2.5): it and its four sides; (3, 2) is nucleus 2.
    expect(after(map, brush(map, dot, { label: 7, overwrites: false }))).toEqual([
      '.......',
      '..7....',
      '.7722..',
      '..7....',
      '.......',
    ]);
  });

  test('paints over neighbours if told to', () => {
    expect(after(map, brush(map, dot, { label: 7, overwrites: true }))[2]).toBe('.7772..');
  });

  test('a thin pen paints the pixel under it; outside of the image nothing', () => {
    const thin = (x: number, y: number) =>
      brush(map, { points: [{ x, y }], radius: 0.1 }, { label: 7, overwrites: false });
    expect(after(map, thin(0.1, 0.9))[0]).toBe('7......');
    expect(thin(-3, 2)).toBeUndefined();
    expect(thin(7, 2)).toBeUndefined();
  });

  test('a stroke paints what lies between its points', () => {
    const line = {
      points: [
        { x: 0.5, y: 4.5 },
        { x: 6.5, y: 4.5 },
      ],
      radius: 0.4,
    };
    expect(after(map, brush(map, line, { label: 7, overwrites: false }))[4]).toBe('7777777');
  });
});

describe('eraser', () => {
  const map = mapOf('1122', '1122');
  const stroke = {
    points: [
      { x: 0.5, y: 0.5 },
      { x: 3.5, y: 0.5 },
    ],
    radius: 0.4,
  };

  test('takes pixels from one nucleus, or from all', () => {
    expect(after(map, erase(map, stroke, 1))).toEqual(['..22', '1122']);
    expect(after(map, erase(map, stroke, undefined))).toEqual(['....', '1122']);
    expect(erase(map, stroke, 9)).toBeUndefined();
  });

  test('the first nucleus under a stroke is told in its direction', () => {
    expect(firstLabelUnder(map, stroke)).toBe(1);
    expect(firstLabelUnder(map, { ...stroke, points: [...stroke.points].reverse() })).toBe(2);
    expect(firstLabelUnder(mapOf('....'), stroke)).toBe(0);
  });
});

describe('lasso', () => {
  test('fills the pixels whose centres are inside, but no other nucleus, and keeps one part', () => {
    const map = mapOf('.......', '...1...', '...1...', '...1...', '.......');
    const corners = [
      { x: 0, y: 1 },
      { x: 6, y: 1 },
      { x: 6, y: 4 },
      { x: 0, y: 4 },
    ];
    const mask = lassoMask(map, corners);
    // Of the two sides of nucleus 1 the left one is larger: 9 px of 15.
    expect(after(map, addMask(map, mask, 7))).toEqual([
      '.......',
      '7771...',
      '7771...',
      '7771...',
      '.......',
    ]);
  });

  test('encloses nothing outside of the image, or with two points', () => {
    const map = mapOf('...');
    for (const points of [
      [
        { x: 0, y: 0 },
        { x: 3, y: 1 },
      ],
      [
        { x: 9, y: 0 },
        { x: 12, y: 0 },
        { x: 9, y: 9 },
      ],
    ])
      expect(addMask(map, lassoMask(map, points), 7)).toBeUndefined();
  });
});

test('a mask of the model is the new shape of a nucleus; others stay', () => {
  const map = mapOf('11..2', '11..2', '....2');
  const mask = { x: 1, y: 1, width: 4, height: 2, values: Uint8Array.of(1, 1, 1, 1, 1, 1, 1, 1) };
  expect(after(map, reshape(map, mask, { label: 1, bounds: boundsOf(map, 1) }))).toEqual([
    '....2',
    '.1112',
    '.1112',
  ]);
});

test('holes are filled, but for other nuclei in them; bays are not holes', () => {
  const map = mapOf('1111111', '1.1.121', '1.11111', '1.1.1.1');
  expect(after(map, fillHoles(map, 1, boundsOf(map, 1)))).toEqual([
    '1111111',
    '1.11121',
    '1.11111',
    '1.1.1.1',
  ]);
  expect(fillHoles(mapOf('11', '1.'), 1, boundsOf(mapOf('11', '1.'), 1))).toBeUndefined();
});

describe('smooth', () => {
  test('takes a hair away, and fills a notch', () => {
    const map = mapOf(
      '...........',
      '...........',
      '..11.111...',
      '..111111...',
      '..1111111..',
      '..111111...',
      '..111111...',
      '..111111...',
      '...........',
    );
    const smoothed = after(map, smooth(map, 1, boundsOf(map, 1)));
    // The square around the hair at (8, 4) has 11 of 25 px, that around the notch at (4, 2) 14 of 25.
    expect(smoothed[4]).toBe('..111111...');
    expect(smoothed[2]![4]).toBe('1');
  });

  test('leaves neighbours, and a nucleus of which nothing would be left', () => {
    const line = mapOf('.....', '.....', '11111', '.....', '.....');
    expect(smooth(line, 1, boundsOf(line, 1))).toBeUndefined();
    const beside = mapOf('1112', '1112', '1112', '1112');
    expect(after(beside, smooth(beside, 1, boundsOf(beside, 1))).map((row) => row[3])).toEqual([
      '2',
      '2',
      '2',
      '2',
    ]);
  });
});

describe('split', () => {
  const map = mapOf('.........', '.1111111.', '.1111111.', '.1111111.', '.........');
  const cutBy = (points: readonly { x: number; y: number }[], on = map) =>
    split(on, points, { label: 1, bounds: boundsOf(on, 1), nextLabel: 5 });

  test('cuts along a line, gives its pixels to the parts, and the largest keeps its label', () => {
    const made = cutBy([
      { x: 3.5, y: 0.5 },
      { x: 3.5, y: 4.5 },
    ])!;
    expect(made.newLabels).toEqual([5]);
    const rows = after(map, made.patch);
    expect(rows[0]).toBe('.........');
    // Columns 1 and 2 are one part, 4 to 7 the other; column 3 goes to one of them.
    for (const row of rows.slice(1, 4)) expect(row).toMatch(/^\.55[15]1111\.$/u);
  });

  test('a line that ends inside, misses or only grazes does not cut', () => {
    expect(
      cutBy([
        { x: 3.5, y: 0.5 },
        { x: 3.5, y: 2.5 },
      ]),
    ).toBeUndefined();
    expect(
      cutBy([
        { x: 0.5, y: 0.5 },
        { x: 8.5, y: 0.5 },
      ]),
    ).toBeUndefined();
    // It cuts off the corner (1, 1), which is a crumb.
    expect(
      cutBy([
        { x: 0.5, y: 2.5 },
        { x: 2.5, y: 0.5 },
      ]),
    ).toBeUndefined();
  });

  test('of a nucleus in two parts the cut one gives a third', () => {
    // A line between the parts cuts neither.
    const two = mapOf('111111.11', '111111.11', '......111');
    const made = cutBy(
      [
        { x: 3.5, y: -1 },
        { x: 3.5, y: 3 },
      ],
      mapOf('11111111.11', '11111111.11', '.........11'),
    )!;
    expect(made.newLabels).toHaveLength(2);
    expect(
      cutBy(
        [
          { x: 6.5, y: -1 },
          { x: 6.5, y: 3 },
        ],
        two,
      ),
    ).toBeUndefined();
  });

  test('the nucleus under a line is the one with the most pixels of it', () => {
    expect(
      labelUnderLine(mapOf('1222.'), [
        { x: 0.5, y: 0.5 },
        { x: 4.5, y: 0.5 },
      ]),
    ).toBe(2);
    expect(
      labelUnderLine(mapOf('.....'), [
        { x: 0.5, y: 0.5 },
        { x: 4.5, y: 0.5 },
      ]),
    ).toBe(0);
  });

  test('a line goes from pixel to pixel', () => {
    expect([
      ...linePixels([
        { x: 0.5, y: 0.5 },
        { x: 3.5, y: 1.5 },
      ]),
    ]).toEqual([
      ...[
        { x: 0, y: 0 },
        { x: 0, y: 0 },
        { x: 1, y: 0 },
        { x: 2, y: 1 },
        { x: 3, y: 1 },
      ],
    ]);
  });
});

describe('merge', () => {
  const map = mapOf('11.33', '.1.3.', '22..4');

  test('makes one of nuclei that touch, also at a corner and by way of a third', () => {
    // 1 and 2 touch at a side: (1, 1) and (1, 2).
    expect(after(map, mergeNuclei(map, placed(map, 2, 1)))).toEqual(['22.33', '.2.3.', '22..4']);
    // 3 and 4 touch at the corner of (3, 1) and (4, 2).
    expect(after(map, mergeNuclei(map, placed(map, 3, 4)))).toEqual(['11.33', '.1.3.', '22..3']);
  });

  test('refuses nuclei that do not touch, and one alone', () => {
    expect(mergeNuclei(map, placed(map, 1, 3))).toBeUndefined();
    expect(mergeNuclei(map, placed(map, 1, 2, 3))).toBeUndefined();
    expect(mergeNuclei(map, placed(map, 1))).toBeUndefined();
  });
});

test('removing nuclei makes background of them alone', () => {
  const map = mapOf('112', '132');
  expect(after(map, removeNuclei(map, placed(map, 1, 2)))).toEqual(['...', '.3.']);
  expect(removeNuclei(map, [])).toBeUndefined();
});

test('places and rectangles outside of the image', () => {
  const map = mapOf('12', '34');
  expect([
    labelAt(map, { x: 1.9, y: 1.9 }),
    labelAt(map, { x: -0.1, y: 0 }),
    labelAt(map, { x: 0, y: 2 }),
  ]).toEqual([...[4, 0, 0]]);
  expect(clip(map, { left: -3, top: 0.5, right: 1.2, bottom: 9 })).toEqual({
    x: 0,
    y: 0,
    width: 2,
    height: 2,
  });
  expect(clip(map, { left: 5, top: 5, right: 9, bottom: 9 })).toMatchObject({ width: 0, height: 0 });
});
