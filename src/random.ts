/**
 * Seeded streams of random numbers. Each purpose draws from its own named stream, so a new draw in one place changes no
 * other, and a run repeats. No Node module: this file also has to run in a browser.
 */
import seedrandom from 'seedrandom';

/** One stream, made by {@link randomFor}. */
export class Random {
  readonly #alea: seedrandom.PRNG;
  /** The second half of the last pair of normals, if it has not been drawn yet. */
  #spareNormal: number | null = null;

  constructor(alea: seedrandom.PRNG) {
    this.#alea = alea;
  }

  /** A number in [0, 1), with 53 random bits. */
  uniform(): number {
    return this.#alea.double();
  }

  /**
   * An integer in [0, n). The bias, at most n / 2^53, is below what any run can see.
   *
   * @throws {RangeError} If n is not an integer from 1 to 2^53 - 1.
   */
  integer(n: number): number {
    if (!Number.isSafeInteger(n) || n < 1)
      throw new RangeError(`Expected n to be an integer from 1, received ${n}`);
    return Math.floor(this.uniform() * n);
  }

  /**
   * A number with mean 0 and variance 1.
   *
   * Source: Marsaglia's polar method (SIAM Review 6, 1964). It needs no sine, whose last bit differs between
   * JavaScript engines. It makes two numbers at a time; the second one is kept for the next call.
   */
  normal(): number {
    const spare = this.#spareNormal;
    if (spare !== null) {
      this.#spareNormal = null;
      return spare;
    }
    for (;;) {
      const u = 2 * this.uniform() - 1;
      const v = 2 * this.uniform() - 1;
      const square = u * u + v * v;
      if (square === 0 || square >= 1) continue;
      const scale = Math.sqrt((-2 * Math.log(square)) / square);
      this.#spareNormal = v * scale;
      return u * scale;
    }
  }

  /** A new array with the same items in random order (Fisher-Yates); the argument stays as it is. */
  shuffle<T>(items: readonly T[]): T[] {
    const shuffled = [...items];
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.integer(last + 1);
      [shuffled[last], shuffled[other]] = [shuffled[other]!, shuffled[last]!];
    }
    return shuffled;
  }
}

/**
 * The stream of a seed and a name, at its beginning.
 *
 * @param seed The run's seed; any safe integer.
 * @param names What the stream is for, for example `('augment', epoch, index)`. ('a', 'bc') and ('ab', 'c') are
 *   different streams, as are 1 and '1'.
 * @throws {RangeError} If the seed, or a number among the names, is not a safe integer.
 */
export function randomFor(seed: number, ...names: (string | number)[]): Random {
  const key = [seed, ...names];
  for (const part of key) {
    // JSON writes NaN and Infinity alike: two names would have one stream.
    if (typeof part === 'number' && !Number.isSafeInteger(part)) {
      throw new RangeError(
        `Expected the seed and numbers in a stream's name to be integers, received ${part}`,
      );
    }
  }
  return new Random(seedrandom.alea(JSON.stringify(key)));
}

/**
 * A seed for code that takes a number, such as a layer's initializer, in [1, 2^31 - 1].
 *
 * Never 0, which means "no seed" to tfjs. Give each layer its own name: tfjs restarts the generator for every
 * initializer, so two layers with one shape and one seed would start with equal weights.
 */
export function seedFor(seed: number, ...names: (string | number)[]): number {
  return 1 + randomFor(seed, ...names).integer(2 ** 31 - 1);
}
