import { type Random, randomFor } from '../../random.js';

/**
 * The order in which items are drawn. It has no end, and each draw can be looked up directly.
 *
 * An epoch has as many draws as there are items. With equal weights each item is drawn once. Otherwise an item is drawn
 * `count * weight / sum` times on average, rounded down or up in each epoch.
 */
export class DrawOrder {
  readonly #seed: number;
  readonly #weights: readonly number[];
  #epoch = -1;
  #items: readonly number[] = [];

  /**
   * @param weights One for each item, above 0; at least one.
   * @throws {RangeError} If there is no item.
   */
  constructor(seed: number, weights: readonly number[]) {
    if (weights.length === 0) throw new RangeError('Expected at least one item to draw from');
    this.#seed = seed;
    this.#weights = weights;
  }

  /** The item of a draw; draws are numbered from 0 over all epochs. */
  itemAt(draw: number): number {
    const epoch = Math.floor(draw / this.#weights.length);
    if (epoch !== this.#epoch) {
      this.#epoch = epoch;
      this.#items = drawEpoch(this.#weights, randomFor(this.#seed, 'order', epoch));
    }
    return this.#items[draw % this.#weights.length]!;
  }
}

/** Systematic sampling in random order (Madow 1949): one random start, then equal steps through the weights. */
function drawEpoch(weights: readonly number[], random: Random): number[] {
  const shuffled = random.shuffle(weights.map((_, item) => item));
  const step = weights.reduce((sum, weight) => sum + weight, 0) / weights.length;
  const start = random.uniform();
  const drawn: number[] = [];
  let end = 0;
  for (const item of shuffled) {
    end += weights[item]!;
    while (drawn.length < weights.length && (start + drawn.length) * step < end) drawn.push(item);
  }
  // Rounding may leave out the last draw.
  while (drawn.length < weights.length) drawn.push(shuffled.at(-1)!);
  return random.shuffle(drawn);
}
