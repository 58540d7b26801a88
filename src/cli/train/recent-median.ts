/** The median of the last few values of a quantity that each step measures. */
export class RecentMedian {
  readonly #values: number[] = [];
  #next = 0;

  /** @param count How many values are kept; at least 1. */
  constructor(readonly count: number) {}

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.count;
  }

  /** The upper of the two middle values if their number is even; undefined without a value. */
  get median(): number | undefined {
    const sorted = Float64Array.from(this.#values).sort();
    return sorted[sorted.length >> 1];
  }
}
