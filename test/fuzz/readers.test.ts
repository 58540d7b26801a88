import { describe, expect, test } from 'vitest';
import { fuzz, fuzzedReaders } from './readers.js';

/** Files a reader; test/slow/fuzz-readers.test.ts tries many more. */
const cases = 40;

describe('changed files are read, or refused with an error that users understand', () => {
  test.each(fuzzedReaders)('$name', { timeout: 120_000 }, async (reader) => {
    const { read, refused } = await fuzz(reader, cases, 1);
    expect(read + refused).toBe(cases);
    // Some are changed too little to notice, others are not readable.
    expect(Math.min(read, refused)).toBeGreaterThan(0);
  });
});
