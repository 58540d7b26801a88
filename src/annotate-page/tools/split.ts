import type { Patch } from '../../annotate/protocol/patch.js';
import type { Rect } from '../../data/geometry/rect.js';
import { Changes } from './changes.js';
import type { Point } from '../../data/geometry/linear-map.js';
import { labelAt, type LabelMap } from './label-map.js';
import { connectedParts, forSides, largestPart } from './parts.js';

/** px: a smaller part is a crumb that a line along the edge has cut off, and stays with its neighbour. Nuclei are larger. */
const smallestPart = 5;

/** What a cut has made. */
export interface MadeParts {
  readonly patch: Patch;
  /** Of the parts that are new; the largest part keeps its label. */
  readonly newLabels: readonly number[];
}

/** The nucleus that has the most pixels under a line; 0 if there is none. */
export function labelUnderLine(map: LabelMap, points: readonly Point[]): number {
  const counts = new Map<number, number>();
  for (const point of linePixels(points)) {
    const label = labelAt(map, point);
    if (label !== 0) counts.set(label, (counts.get(label) ?? 0) + 1);
  }
  let best = 0;
  for (const [label, count] of counts) if (count > (counts.get(best) ?? 0)) best = label;
  return best;
}

/**
 * Cuts a nucleus along a line. No pixel is lost: those under the line go to the nearest part.
 *
 * @param bounds Of the nucleus.
 * @param nextLabel The first label that was never used.
 * @returns Parts whose pixels are connected by their sides; undefined if the line does not cut it in two.
 */
export function split(
  map: LabelMap,
  points: readonly Point[],
  { label, bounds, nextLabel }: { readonly label: number; readonly bounds: Rect; readonly nextLabel: number },
): MadeParts | undefined {
  const changes = new Changes(map, bounds);
  const isLeft = new Uint8Array(bounds.width * bounds.height);
  for (let at = 0; at < isLeft.length; at++) isLeft[at] = changes.before(at) === label ? 1 : 0;
  const whole = connectedParts(isLeft, bounds);
  const isNucleus = isLeft.slice();
  for (const { x, y } of linePixels(points)) {
    const [column, row] = [Math.floor(x) - bounds.x, Math.floor(y) - bounds.y];
    if (column >= 0 && column < bounds.width && row >= 0 && row < bounds.height)
      isLeft[row * bounds.width + column] = 0;
  }
  const { numbers, areas } = connectedParts(isLeft, bounds);
  const isPart = areas.map((area) => area >= smallestPart);
  for (let at = 0; at < numbers.length; at++) if (!isPart[numbers[at]!]) numbers[at] = 0;
  spread(numbers, isNucleus, bounds);
  // What no part has reached lay apart before the cut.
  for (let at = 0; at < numbers.length; at++) {
    if (isNucleus[at] && numbers[at] === 0) numbers[at] = areas.length + whole.numbers[at]!;
  }
  const finalAreas: number[] = [];
  for (const part of numbers) if (part > 0) finalAreas[part] = (finalAreas[part] ?? 0) + 1;
  const filled = Array.from(finalAreas, (area) => area ?? 0);
  const kept = largestPart(filled);
  const labelOf = new Map([[kept, label]]);
  for (const [part, area] of filled.entries())
    if (area > 0 && part !== kept) labelOf.set(part, nextLabel + labelOf.size - 1);
  if (labelOf.size < 2 || labelOf.size <= whole.areas.length - 1) return undefined;
  for (let at = 0; at < numbers.length; at++)
    if (numbers[at] !== 0) changes.set(at, labelOf.get(numbers[at]!)!);
  return { patch: changes.toPatch()!, newLabels: [...labelOf.values()].slice(1) };
}

/** Gives pixels without a part the part that is the fewest steps over sides away. */
function spread(numbers: Int32Array, isNucleus: Uint8Array, { width }: Rect): void {
  let edge = [...numbers.keys()].filter((at) => numbers[at] !== 0);
  while (edge.length > 0) {
    const next: number[] = [];
    for (const at of edge) {
      forSides(at, width, numbers.length, (side) => {
        if (!isNucleus[side] || numbers[side] !== 0) return;
        numbers[side] = numbers[at]!;
        next.push(side);
      });
    }
    edge = next;
  }
}

/**
 * The pixels of a line, each touching the next at a side or a corner: no way over sides leads through (Bresenham 1965).
 *
 * @returns Their upper left corners.
 */
export function* linePixels(points: readonly Point[]): Generator<Point> {
  for (let index = 0; index < points.length; index++) {
    const [from, to] = [points[Math.max(0, index - 1)]!, points[index]!];
    let [x, y] = [Math.floor(from.x), Math.floor(from.y)];
    const [endX, endY] = [Math.floor(to.x), Math.floor(to.y)];
    const [stepsX, stepsY] = [Math.abs(endX - x), -Math.abs(endY - y)];
    let error = stepsX + stepsY;
    for (;;) {
      yield { x, y };
      if (x === endX && y === endY) break;
      const twice = 2 * error;
      if (twice >= stepsY) {
        error += stepsY;
        x += Math.sign(endX - x);
      }
      if (twice <= stepsX) {
        error += stepsX;
        y += Math.sign(endY - y);
      }
    }
  }
}
