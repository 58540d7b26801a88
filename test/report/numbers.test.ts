import { expect, test } from 'vitest';
import { formatDifference, intervalText } from '../../src/report/numbers.js';

test('a difference has its sign, also at the ends of an interval; of one image there is none', () => {
  expect([0.12344, -0.5, 0.00004, -0.00004].map(formatDifference)).toEqual([
    ...['+0.1234', '-0.5000', '0.0000', '0.0000'],
  ]);
  const interval = { low: -0.01, high: 0.2 };
  expect(intervalText(interval, { units: 2 }, ' .. ')).toBe('-0.0100 .. +0.2000');
  expect(intervalText(interval, { units: 1 }, ' .. ')).toBe('-');
});
