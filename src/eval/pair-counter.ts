/** How many pixels each pair of labels has; K pairs in the order of their first pixels. */
export interface PairCounts {
  /** `[K]`. */
  readonly gtLabels: Int32Array;
  /** `[K]`. */
  readonly predLabels: Int32Array;
  /** `[K]` px. */
  readonly counts: Int32Array;
}

/**
 * Counts pairs of labels in a hash table with open addressing over typed arrays: several times faster than a Map, for
 * labels of any size.
 */
export class PairCounter {
  /** Slots, a power of 2; at most half of them are in use, so that probing stays short. */
  #capacity = 1024;
  #gtLabels = new Int32Array(this.#capacity);
  #predLabels = new Int32Array(this.#capacity);
  /** px; 0 marks a free slot. */
  #counts = new Int32Array(this.#capacity);
  /** Slots in use, in the order of their first use. */
  #order: number[] = [];

  /** Adds `count` pixels, at least 1, to a pair of labels. */
  add(gtLabel: number, predLabel: number, count: number): void {
    const gtLabels = this.#gtLabels;
    const predLabels = this.#predLabels;
    const counts = this.#counts;
    const mask = counts.length - 1;
    let slot = hash(gtLabel, predLabel) & mask;
    while (counts[slot] !== 0 && (gtLabels[slot] !== gtLabel || predLabels[slot] !== predLabel)) {
      slot = (slot + 1) & mask;
    }
    if (counts[slot] !== 0) {
      counts[slot]! += count;
      return;
    }
    gtLabels[slot] = gtLabel;
    predLabels[slot] = predLabel;
    counts[slot] = count;
    this.#order.push(slot);
    if (2 * this.#order.length > this.#capacity) this.#grow();
  }

  /** A copy of what has been counted. */
  pairs(): PairCounts {
    const length = this.#order.length;
    const gtLabels = new Int32Array(length);
    const predLabels = new Int32Array(length);
    const counts = new Int32Array(length);
    for (let pair = 0; pair < length; pair++) {
      const slot = this.#order[pair]!;
      gtLabels[pair] = this.#gtLabels[slot]!;
      predLabels[pair] = this.#predLabels[slot]!;
      counts[pair] = this.#counts[slot]!;
    }
    return { gtLabels, predLabels, counts };
  }

  #grow(): void {
    const { gtLabels, predLabels, counts } = this.pairs();
    this.#capacity *= 4;
    this.#gtLabels = new Int32Array(this.#capacity);
    this.#predLabels = new Int32Array(this.#capacity);
    this.#counts = new Int32Array(this.#capacity);
    this.#order = [];
    counts.forEach((count, pair) => this.add(gtLabels[pair]!, predLabels[pair]!, count));
  }
}

/** Mixes two labels; the odd constants are those of MurmurHash3's finalizer (Appleby, public domain). */
function hash(gtLabel: number, predLabel: number): number {
  const mixed = Math.imul(gtLabel, 0x85ebca6b) ^ Math.imul(predLabel, 0xc2b2ae35);
  return mixed ^ (mixed >>> 15);
}
