/**
 * From outlines to pixels, by one rule for every format: a pixel belongs to a polygon if its centre (x + 0.5, y + 0.5) does.
 * (0, 0) is the top left corner of the first pixel. Inside is what a line from outside reaches after an odd number of
 * borders (even-odd). A centre exactly on a border belongs to the side to its right, or below: of two polygons with a
 * common border exactly one has it. ImageJ fills by the same rule (ij/process/PolygonFiller.java).
 */
import type { Box } from './box.js';
import { RunList } from './mask.js';
import type { Size } from './rect.js';

/** Corners `x, y, x, y, ...` of a closed line, px of the image. The first corner need not be repeated at the end. */
export type Ring = readonly number[];

/** Far more than the rows that the outlines of a nucleus cross; what has more is damaged, or made to fill the memory. */
const maxCrossings = 1 << 24;

/** Largest coordinate, px: beyond it, differences lose the halves of pixels. */
const maxCoordinate = 2 ** 40;

/**
 * The pixels of one polygon within an image: parts outside are cut off.
 *
 * @param rings Its outline and holes, in any order and direction; they may cross themselves and each other. A ring with
 *   fewer than three corners has no pixels.
 * @returns Runs as in `Mask`; empty if no centre of a pixel is inside.
 * @throws {RangeError} For coordinates that are not numbers or beyond 2^40 px, and for more than 16 million crossings of
 *   borders and rows.
 */
export function runsOfPolygon(rings: readonly Ring[], { width, height }: Size): Int32Array {
  const edges = rings.flatMap((ring) => [...edgesOf(ring, height)]);
  const crossings = edges.reduce((sum, { first, end }) => sum + end - first, 0);
  if (crossings > maxCrossings)
    throw new RangeError(`The polygon crosses rows of pixels ${crossings} times.`);
  const top = edges.reduce((least, { first }) => Math.min(least, first), height);
  const bottom = edges.reduce((most, { end }) => Math.max(most, end), top);
  // The columns where borders cross each row, row after row.
  const starts = new Int32Array(bottom - top + 1);
  for (const { first, end } of edges) for (let row = first; row < end; row++) starts[row - top + 1]!++;
  for (let row = 1; row < starts.length; row++) starts[row]! += starts[row - 1]!;
  const columns = new Int32Array(crossings);
  const next = starts.slice();
  for (const { x, y, slope, first, end } of edges) {
    for (let row = first; row < end; row++) {
      const column = Math.ceil(x + (row + 0.5 - y) * slope - 0.5);
      columns[next[row - top]!++] = Math.min(Math.max(column, 0), width);
    }
  }
  const runs = new RunList();
  for (let row = top; row < bottom; row++) {
    const crossed = columns.subarray(starts[row - top], starts[row - top + 1]).sort();
    let end = 0;
    let start = 0;
    for (let at = 0; at < crossed.length; at += 2) {
      const [from, to] = [crossed[at]!, crossed[at + 1]!];
      if (from === to) continue;
      if (from > end || end === start) {
        if (end > start) runs.push(row * width + start, end - start);
        start = from;
      }
      end = to;
    }
    if (end > start) runs.push(row * width + start, end - start);
  }
  return runs.toRuns();
}

/** A side of a ring, from its upper end; it crosses the centres of the rows from `first` to before `end`. */
interface Edge {
  readonly x: number;
  readonly y: number;
  /** px to the right for each px down. */
  readonly slope: number;
  readonly first: number;
  readonly end: number;
}

function* edgesOf(ring: Ring, height: number): Generator<Edge> {
  for (let at = 0; at < ring.length; at += 2) {
    const following = at + 2 < ring.length ? at + 2 : 0;
    const [x, y, otherX, otherY] = [ring[at]!, ring[at + 1]!, ring[following]!, ring[following + 1]!];
    if (!(Math.abs(x) <= maxCoordinate && Math.abs(y) <= maxCoordinate))
      throw new RangeError(`The polygon has the corner ${x}, ${y}.`);
    // From the upper end, whichever way the ring goes: a common border of two polygons is computed alike for both.
    const [upperX, upperY, lowerX, lowerY] = y < otherY ? [x, y, otherX, otherY] : [otherX, otherY, x, y];
    const first = Math.max(Math.ceil(upperY - 0.5), 0);
    const end = Math.min(Math.ceil(lowerY - 0.5), height);
    if (first < end) yield { x: upperX, y: upperY, slope: (lowerX - upperX) / (lowerY - upperY), first, end };
  }
}

/** The smallest box around rings; for none, one that is as far away as can be. */
export function extentOf(rings: readonly Ring[]): Box {
  let [x1, y1, x2, y2] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const ring of rings) {
    for (let at = 0; at < ring.length; at += 2) {
      const [x, y] = [ring[at]!, ring[at + 1]!];
      if (x < x1) x1 = x;
      if (x > x2) x2 = x;
      if (y < y1) y1 = y;
      if (y > y2) y2 = y;
    }
  }
  return { x1, y1, x2, y2 };
}

/**
 * The pixels of several masks together.
 *
 * @param parts Runs as in `Mask`.
 * @param width Of the image.
 */
export function unionOfRuns(parts: readonly Int32Array[], width: number): Int32Array {
  if (parts.length === 1) return parts[0]!;
  const all = parts.flatMap((runs) => [...pairsOf(runs)]).sort(([one], [other]) => one - other);
  const union = new RunList();
  let [start, end] = [0, 0];
  for (const [from, length] of all) {
    // A run never continues in the next row.
    if (from > end || (from === end && from % width === 0)) {
      if (end > start) union.push(start, end - start);
      start = from;
    }
    end = Math.max(end, from + length);
  }
  if (end > start) union.push(start, end - start);
  return union.toRuns();
}

function* pairsOf(runs: Int32Array): Generator<[number, number]> {
  for (let run = 0; run < runs.length; run += 2) yield [runs[run]!, runs[run + 1]!];
}
