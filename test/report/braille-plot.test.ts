import fc from 'fast-check';
import { expect, test } from 'vitest';
import { braillePlot, sparkline } from '../../src/report/braille-plot.js';

/**
 * The dots of a drawing, x from the left and y from the top, in the order of x. Dots 1, 2, 3, 7 of a Braille pattern
 * are its left column from the top, 4, 5, 6, 8 its right one; dot n is bit n - 1.
 */
function dotsOf(lines: readonly string[]): [x: number, y: number][] {
  const [left, right] = [
    [1, 2, 3, 7],
    [4, 5, 6, 8],
  ];
  const dots = lines.flatMap((line, row) =>
    [...line.slice(line.indexOf('│') + 1)].flatMap((character, column) =>
      [left, right].flatMap((numbers, half) =>
        numbers.flatMap((dot, y): [number, number][] =>
          ((character.codePointAt(0)! - 0x2800) >> (dot - 1)) & 1 ? [[2 * column + half, 4 * row + y]] : [],
        ),
      ),
    ),
  );
  return dots.sort(([one], [other]) => one - other);
}

test('a rising line goes from the lower left to the upper right dot', () => {
  const lines = braillePlot({ name: 'score', steps: [0, 10], values: [0, 1] }, { columns: 20, rows: 2 });
  expect(lines[0]).toBe('score');
  expect(lines[1]).toMatch(/^1 │/u);
  expect(lines[2]).toMatch(/^0 │/u);
  expect(lines[3]).toBe('   0              10');
  // 17 characters beside the axis: 34 dots, each in the row where the line passes, of 8.
  const dots = dotsOf(lines.slice(1, 3));
  expect(dots).toEqual(Array.from({ length: 34 }, (_, x) => [x, Math.round(7 * (1 - x / 33))]));
});

test('a single value is a dot in the middle', () => {
  const lines = braillePlot({ name: 'x', steps: [5], values: [3] }, { columns: 20, rows: 2 });
  expect(dotsOf(lines.slice(1, 3))).toEqual([[17, 4]]);
  expect(lines[1]).toMatch(/^3 │/u);
  expect(lines[2]).toMatch(/^ {2}│/u);
  expect(lines[3]).toBe('   5');
});

test('on a logarithmic axis, 1, 10 and 100 are evenly spaced', () => {
  const log = braillePlot(
    { name: 'x', steps: [0, 1, 2], values: [1, 10, 100] },
    { columns: 25, rows: 5, isLog: true },
  );
  const straight = braillePlot(
    { name: 'x', steps: [0, 1, 2], values: [1, 50.5, 100] },
    { columns: 25, rows: 5 },
  );
  expect(log).toEqual(straight);
});

test('no values: a line that says so', () => {
  expect(braillePlot({ name: 'loss', steps: [], values: [] }, { columns: 80, rows: 8 })).toEqual([
    'loss: nothing yet',
  ]);
});

test('any curve stays within its columns and rows, without NaN and control characters', () => {
  const number = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e9, max: 1e9 });
  const values = fc.array(number, { minLength: 1, maxLength: 300 });
  fc.assert(
    fc.property(
      values,
      fc.integer({ min: 20, max: 100 }),
      fc.integer({ min: 2, max: 12 }),
      (all, columns, rows) => {
        const curve = { name: 'x', steps: all.map((_, index) => index), values: all };
        const lines = braillePlot(curve, { columns, rows });
        expect(lines).toHaveLength(rows + 2);
        for (const line of lines) {
          expect(line.length).toBeLessThanOrEqual(columns);
          expect(line).not.toMatch(/NaN|undefined|[\u0000-\u001f]/u);
        }
      },
    ),
  );
});

test('a sparkline has a block for each value', () => {
  expect(sparkline([0, 7, 3.5, 1])).toBe('▁█▅▂');
  expect(sparkline([2, 2])).toBe('▅▅');
  expect(sparkline([])).toBe('');
});
