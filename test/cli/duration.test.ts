import { expect, test } from 'vitest';
import { minutesOf } from '../../src/cli/train/duration.js';

test.each([
  ['150m', 150],
  ['2h', 120],
  ['2h30m', 150],
  ['1.5h', 90],
  ['90s', 1.5],
  ['1h1m6s', 61.1],
])('%s is %d minutes', (text, minutes) => {
  expect(minutesOf('time', text)).toBeCloseTo(minutes, 9);
});

test.each(['', '150', '0m', '-5m', '5 m', '30m2h', 'm', '1e3m', '5d'])('%j is not a duration', (text) => {
  expect(() => minutesOf('time', text)).toThrow(expect.objectContaining({ exitCode: 2 }));
});
