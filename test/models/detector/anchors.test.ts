import { expect, test } from 'vitest';
import { anchorsPerLevel, makeAnchors } from '../../../src/models/detector/anchors.js';
import { boxesOf } from './oracles.js';

test('anchors of two levels, hand-computed', () => {
  const anchors = makeAnchors({
    size: [8, 16],
    levels: [
      { stride: 8, sizes: [4, 6], aspectRatios: [1, 4] },
      { stride: 16, sizes: [10], aspectRatios: [1] },
    ],
  });
  expect(boxesOf(anchors)).toEqual([
    // The cell at (4, 4): 4 x 4, then height 4 * sqrt(4) = 8 and width 4 / sqrt(4) = 2, then 6 x 6 and 3 x 12.
    [2, 2, 6, 6],
    [3, 0, 5, 8],
    [1, 1, 7, 7],
    [2.5, -2, 5.5, 10],
    // The next cell of the row, at (12, 4).
    [10, 2, 14, 6],
    [11, 0, 13, 8],
    [9, 1, 15, 7],
    [10.5, -2, 13.5, 10],
    // One cell of 16 px, though the image is only 8 px high: its centre is (8, 8).
    [3, 3, 13, 13],
  ]);
});

test('several shapes in several rows, hand-computed', () => {
  const grid = { size: [8, 4] as const, levels: [{ stride: 4, sizes: [2], aspectRatios: [1, 4] }] };
  expect(boxesOf(makeAnchors(grid))).toEqual([
    // 2 x 2, then 1 wide and 4 high, around (2, 2) and (2, 6).
    [1, 1, 3, 3],
    [1.5, 0, 2.5, 4],
    [1, 5, 3, 7],
    [1.5, 4, 2.5, 8],
  ]);
});

test('cells are ordered by row, then by column; a cell that is cut counts', () => {
  const grid = { size: [5, 9] as const, levels: [{ stride: 4, sizes: [2], aspectRatios: [1] }] };
  expect(anchorsPerLevel(grid)).toEqual([2 * 3]);
  const corners = boxesOf(makeAnchors(grid)).map(([x1, y1]) => [x1, y1]);
  expect(corners).toEqual([
    [1, 1],
    [5, 1],
    [9, 1],
    [1, 5],
    [5, 5],
    [9, 5],
  ]);
});

test('the area of an anchor does not depend on its ratio', () => {
  const grid = {
    size: [4, 4] as const,
    levels: [{ stride: 4, sizes: [13], aspectRatios: [0.2, 0.5, 1, 3] }],
  };
  for (const [x1, y1, x2, y2] of boxesOf(makeAnchors(grid))) {
    expect((x2 - x1) * (y2 - y1)).toBeCloseTo(13 * 13, 3);
    expect((x1 + x2) / 2).toBeCloseTo(2, 5);
  }
});
