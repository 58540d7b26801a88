/** How much work something is. */
export interface Weighted {
  /** px. */
  readonly pixels: number;
}

/**
 * Divides work into shards of nearly equal pixels: the largest piece first, each into the shard with the fewest
 * pixels so far (longest processing time first; Graham, Bounds on multiprocessing timing anomalies, 1969: never more than 4/3 of the
 * shortest time). Of equal ones the earlier piece and the lower shard come first, so that the result is always the same.
 *
 * @returns The shard of each piece, in their order. With more shards than pieces, the last shards stay empty.
 */
export function fillShards(pieces: readonly Weighted[], shards: number): number[] {
  const filled = new Float64Array(shards);
  const shardOf = new Array<number>(pieces.length);
  const order = pieces.map((_, index) => index);
  order.sort((one, other) => pieces[other]!.pixels - pieces[one]!.pixels || one - other);
  for (const index of order) {
    let least = 0;
    for (let shard = 1; shard < shards; shard++) if (filled[shard]! < filled[least]!) least = shard;
    // A piece without pixels, which cannot be read, is a piece all the same.
    filled[least]! += Math.max(1, pieces[index]!.pixels);
    shardOf[index] = least;
  }
  return shardOf;
}
