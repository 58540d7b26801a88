/** The outlines of instances as polygons along the borders of their pixels. */
import type { LabelImage } from '../../data/geometry/label-image.js';
import { bitmapOf, fillRegion, sides, type Bitmap } from '../../data/geometry/bitmap.js';
import type { Ring } from '../../data/geometry/polygon.js';
import type { Instance } from '../assemble/segmentation.js';

/** Pixels connected by their sides. No ring crosses or touches itself, and the first corner is not repeated at the end. */
export interface Polygon {
  /** Its area `sum(x * y' - x' * y) / 2` is above 0: clockwise as the image is seen, with y pointing down. */
  readonly outer: Ring;
  /** Their areas are below 0. They touch the outer ring and each other in single points at most. */
  readonly holes: readonly Ring[];
}

/**
 * The polygons of one instance: exactly the pixels whose centres they hold are the instance's.
 *
 * Rings that would touch themselves, where two pixels share only a corner, are split there: GIS software, including
 * that in QuPath, rejects them otherwise (OGC 06-103r4, 6.1.11).
 */
export function polygonsOf(
  labelImage: LabelImage,
  { label, box }: Pick<Instance, 'label' | 'box'>,
): Polygon[] {
  const bitmap = bitmapOf(labelImage, label, box);
  const pieces = Uint8Array.from(bitmap.pixels);
  const polygons: Polygon[] = [];
  for (let start = pieces.indexOf(1); start !== -1; start = pieces.indexOf(1, start)) {
    const piece = fillRegion(pieces, start, current, sides(bitmap.width));
    const rings = traceRings({ ...bitmap, pixels: pieces }, piece).flatMap(cutWhereItTouches);
    polygons.push({
      outer: rings.find((ring) => ringArea(ring) > 0)!,
      holes: rings.filter((ring) => ringArea(ring) < 0),
    });
    for (const at of piece) pieces[at] = done;
  }
  return polygons;
}

/** Values of a bitmap: the piece at hand, and those before it. */
const current = 2;
const done = 3;

/** Area in px: positive for a ring that turns clockwise as the image is seen. */
export function ringArea(ring: Ring): number {
  let doubled = 0;
  for (let at = 0; at < ring.length; at += 2) {
    const next = (at + 2) % ring.length;
    doubled += ring[at]! * ring[next + 1]! - ring[next]! * ring[at + 1]!;
  }
  return doubled / 2;
}

/** East, south, west, north: the next one is a turn to the right. */
const dx = [1, 0, -1, 0];
const dy = [0, 1, 0, -1];

/** Walks along all borders of the current piece, which lies to the right of the way. */
function traceRings({ x: left, y: top, width, pixels }: Bitmap, piece: Int32Array): number[][] {
  const isInside = (x: number, y: number) => pixels[y * width + x] === current;
  /** Whether a border leads from this corner in this direction: the pixel to its right is inside, the left one is not. */
  const isBorder = (x: number, y: number, direction: number) => {
    if (direction === 0) return isInside(x, y) && !isInside(x, y - 1);
    if (direction === 1) return isInside(x - 1, y) && !isInside(x, y);
    if (direction === 2) return isInside(x - 1, y - 1) && !isInside(x - 1, y);
    return isInside(x, y - 1) && !isInside(x - 1, y - 1);
  };
  const rings: number[][] = [];
  // Every ring has a border to the east, above some pixel.
  const walked = new Set<number>();
  for (const start of piece) {
    const startX = start % width;
    const startY = Math.floor(start / width);
    if (walked.has(start) || !isBorder(startX, startY, 0)) continue;
    const ring: number[] = [];
    let [x, y, direction] = [startX, startY, 0];
    do {
      if (direction === 0) walked.add(y * width + x);
      x += dx[direction]!;
      y += dy[direction]!;
      // To the right first: of two pixels that meet at a corner, the way stays with its own.
      const turn = [1, 0, 3].find((quarter) => isBorder(x, y, (direction + quarter) % 4))!;
      if (turn !== 0) ring.push(left + x, top + y);
      direction = (direction + turn) % 4;
    } while (x !== startX || y !== startY || direction !== 0);
    rings.push(ring);
  }
  return rings;
}

/** Cuts a ring into rings that pass each corner once. */
function cutWhereItTouches(ring: Ring): Ring[] {
  const rings: Ring[] = [];
  const way: number[] = [];
  const passedAt = new Map<string, number>();
  for (let at = 0; at < ring.length; at += 2) {
    const corner = `${ring[at]},${ring[at + 1]}`;
    const passed = passedAt.get(corner);
    if (passed === undefined) {
      passedAt.set(corner, way.length);
      way.push(ring[at]!, ring[at + 1]!);
      continue;
    }
    const loop = way.splice(passed + 2);
    for (let index = 0; index < loop.length; index += 2) passedAt.delete(`${loop[index]},${loop[index + 1]}`);
    rings.push([ring[at]!, ring[at + 1]!, ...loop]);
  }
  return [...rings, way];
}
