/** The last few values of something that is measured in each step. */
export class RecentMedian {
  readonly #values: number[] = [];
  #next = 0;

  /** @param count Values that are kept, at least 1. */
  constructor(readonly count: number) {}

  add(value: number): void {
    this.#values[this.#next] = value;
    this.#next = (this.#next + 1) % this.count;
  }

  /** Of an even number the upper of the two in the middle; undefined without a value. */
  get median(): number | undefined {
    const sorted = Float64Array.from(this.#values).sort();
    return sorted[sorted.length >> 1];
  }
}
