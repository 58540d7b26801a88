import { describe, expect, test } from 'vitest';
import { fuzz, fuzzedReaders } from '../fuzz/readers.js';

/** At least 20,000 files, all readers together. */
const cases = Math.ceil(20_000 / fuzzedReaders.length);

/** Each run tries other files; FUZZ_SEED repeats one. */
const seed = Number(process.env['FUZZ_SEED']) || Date.now() % 2 ** 31;

describe(`changed files are read, or refused with an error that users understand (FUZZ_SEED=${seed})`, () => {
  test.each(fuzzedReaders)('$name', async (reader) => {
    const { read, refused } = await fuzz(reader, cases, seed);
    console.log(`${reader.name}: ${read + refused} files, ${read} read, ${refused} refused, 0 other errors`);
    expect(read + refused).toBe(cases);
    expect(Math.min(read, refused)).toBeGreaterThan(0);
  });
});
