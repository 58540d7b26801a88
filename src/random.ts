/**
 * Seeded streams of random numbers. A run repeats because each purpose draws from its own named stream, so adding
 * a draw in one place moves no other. No Node module: this file also has to run in a browser.
 */
import seedrandom from 'seedrandom';

/** Where a stream stands; survives JSON unchanged. */
export interface RandomState {
  readonly alea: Readonly<seedrandom.State.Alea>;
  /** The second half of the last pair of normals, if it has not been drawn yet. */
  readonly spareNormal: number | null;
}

/** One stream, made by {@link randomFor} or {@link restoreRandom}. */
export class Random {
  readonly #alea: seedrandom.StatefulPRNG<seedrandom.State.Alea>;
  #spareNormal: number | null;

  constructor(state: RandomState) {
    this.#alea = seedrandom.alea('', { state: { ...state.alea } });
    this.#spareNormal = state.spareNormal;
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
   * JavaScript engines, and makes two numbers at a time: the second waits in the state.
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

  /** A copy of where the stream stands; later draws do not change it. */
  state(): RandomState {
    return { alea: this.#alea.state(), spareNormal: this.#spareNormal };
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
    // JSON writes NaN and Infinity alike, which would give two names one stream.
    if (typeof part === 'number' && !Number.isSafeInteger(part)) {
      throw new RangeError(
        `Expected the seed and numbers in a stream's name to be integers, received ${part}`,
      );
    }
  }
  const alea = seedrandom.alea(JSON.stringify(key), { state: true });
  return new Random({ alea: alea.state(), spareNormal: null });
}

/** The stream that `state()` was called on, from that point on, bit for bit. */
export function restoreRandom(state: RandomState): Random {
  return new Random(state);
}

/**
 * A seed for code that takes a number, such as a layer's initializer, in [1, 2^31 - 1].
 *
 * Never 0, which tfjs takes for "unseeded". Give each layer its own name: tfjs restarts the generator for every
 * initializer, so two layers of one shape and one seed would start with equal weights.
 */
export function seedFor(seed: number, ...names: (string | number)[]): number {
  return 1 + randomFor(seed, ...names).integer(2 ** 31 - 1);
}
