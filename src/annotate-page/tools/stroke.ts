/** Brush and eraser: what a round pen passes over. They never change a nucleus other than theirs, unless told to. */
import { Changes } from './changes.js';
import type { Point } from '../../data/geometry/linear-map.js';
import { clip, type LabelMap } from './label-map.js';
import type { Rect, Size } from '../../data/geometry/rect.js';
import type { Patch } from '../../annotate/protocol/patch.js';

/** A line drawn with a round pen. */
export interface Stroke {
  /** At least one. */
  readonly points: readonly Point[];
  /** px of the image. */
  readonly radius: number;
}

/**
 * Paints a nucleus.
 *
 * @param overwrites Whether pixels of other nuclei are painted, too; else only background is.
 * @returns undefined if no pixel changes.
 */
export function brush(
  map: LabelMap,
  stroke: Stroke,
  { label, overwrites }: { readonly label: number; readonly overwrites: boolean },
): Patch | undefined {
  const changes = new Changes(map, strokeBounds(map, stroke));
  for (const at of pixelsOf(stroke, changes.rect)) {
    const before = changes.before(at);
    if (before === 0 || overwrites) changes.set(at, label);
  }
  return changes.toPatch();
}

/**
 * Makes background.
 *
 * @param label Of the only nucleus that is changed; undefined: all are.
 * @returns undefined if no pixel changes.
 */
export function erase(map: LabelMap, stroke: Stroke, label: number | undefined): Patch | undefined {
  const changes = new Changes(map, strokeBounds(map, stroke));
  for (const at of pixelsOf(stroke, changes.rect)) {
    if (label === undefined || changes.before(at) === label) changes.set(at, 0);
  }
  return changes.toPatch();
}

/** The label that a stroke passes over first; 0 if it meets background alone. */
export function firstLabelUnder(map: LabelMap, { points, radius }: Stroke): number {
  for (let index = 0; index < points.length; index++) {
    const part = { points: points.slice(Math.max(0, index - 1), index + 1), radius };
    const changes = new Changes(map, strokeBounds(map, part));
    for (const at of pixelsOf(part, changes.rect)) if (changes.before(at) !== 0) return changes.before(at);
  }
  return 0;
}

function strokeBounds(size: Size, { points, radius }: Stroke): Rect {
  const [xs, ys] = [points.map(({ x }) => x), points.map(({ y }) => y)];
  // A pixel more on each side: the pixel under the pen is painted however thin the pen is.
  return clip(size, {
    left: least(xs) - radius - 1,
    top: least(ys) - radius - 1,
    right: -least(xs.map((x) => -x)) + radius + 1,
    bottom: -least(ys.map((y) => -y)) + radius + 1,
  });
}

const least = (values: readonly number[]): number => values.reduce((one, other) => Math.min(one, other));

/** Indices within a rectangle of the pixels whose centre is within the radius of the line, or that a point lies in; some twice. */
function* pixelsOf({ points, radius }: Stroke, rect: Rect): Generator<number> {
  for (let index = 0; index < points.length; index++) {
    const [from, to] = [points[Math.max(0, index - 1)]!, points[index]!];
    const [column, row] = [Math.floor(to.x) - rect.x, Math.floor(to.y) - rect.y];
    if (column >= 0 && column < rect.width && row >= 0 && row < rect.height) yield row * rect.width + column;
    const left = Math.max(0, Math.floor(Math.min(from.x, to.x) - radius) - rect.x);
    const right = Math.min(rect.width, Math.ceil(Math.max(from.x, to.x) + radius) - rect.x);
    const top = Math.max(0, Math.floor(Math.min(from.y, to.y) - radius) - rect.y);
    const bottom = Math.min(rect.height, Math.ceil(Math.max(from.y, to.y) + radius) - rect.y);
    for (let y = top; y < bottom; y++) {
      for (let x = left; x < right; x++) {
        if (distance({ x: rect.x + x + 0.5, y: rect.y + y + 0.5 }, from, to) <= radius)
          yield y * rect.width + x;
      }
    }
  }
}

/** From a place to the nearest place of a line between two others. */
function distance({ x, y }: Point, from: Point, to: Point): number {
  const [alongX, alongY] = [to.x - from.x, to.y - from.y];
  const square = alongX * alongX + alongY * alongY;
  const part = square === 0 ? 0 : ((x - from.x) * alongX + (y - from.y) * alongY) / square;
  const nearest = Math.min(1, Math.max(0, part));
  return Math.hypot(x - from.x - nearest * alongX, y - from.y - nearest * alongY);
}
