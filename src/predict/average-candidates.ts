import type { Candidate } from './assemble/candidate.js';

/**
 * The candidates of several segmenters as those of one: the mean of their probabilities, in their order.
 *
 * @param each Of the same detections, with the same windows and sizes of maps; at least one.
 * @throws {RangeError} If the maps of two segmenters do not lie on each other.
 */
export async function* averageCandidates(
  each: readonly AsyncGenerator<Candidate>[],
): AsyncGenerator<Candidate> {
  for (;;) {
    const candidates: Candidate[] = [];
    for (const generator of each) {
      const next = await generator.next();
      if (!next.done) candidates.push(next.value);
    }
    const [first] = candidates;
    if (!first) return;
    for (const { size, window } of candidates) {
      if (size !== first.size || window.side !== first.window.side)
        throw new RangeError('Expected segmenters whose crops have one size and margin');
    }
    const border = candidates.flatMap((candidate) => candidate.border ?? []);
    yield {
      ...first,
      body: mean(candidates.map(({ body }) => body)),
      ...(border.length === candidates.length && { border: mean(border) }),
    };
  }
}

function mean(maps: readonly Float32Array[]): Float32Array {
  const result = new Float32Array(maps[0]!.length);
  for (let i = 0; i < result.length; i++) {
    let sum = 0;
    for (const map of maps) sum += map[i]!;
    result[i] = sum / maps.length;
  }
  return result;
}
