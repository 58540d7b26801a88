import { expect, test } from 'vitest';
import { wholeNumber } from '../../src/cli/number-options.js';

test.each([
  [1, 'For example: --size 5'],
  [256, 'For example: --size 256'],
])('the example for a whole number of at least %i is one that is taken', (least, hint) => {
  expect(() => wholeNumber('size', '-1', least)).toThrow(expect.objectContaining({ hint }));
  expect(wholeNumber('size', /\d+$/u.exec(hint)![0], least)).toBeGreaterThanOrEqual(least);
});
