import { forEachPiece, type Patch } from '../../annotate/protocol/patch.js';
import type { Rect } from '../../data/geometry/rect.js';
import type { LabelMap } from './label-map.js';

/** Above this number of nuclei in one change, all are measured in one pass: for fewer, each in its own surroundings. */
const manyNuclei = 64;

/** The smallest rectangle around each nucleus of a label map that changes. */
export class BoundsIndex {
  #bounds: Map<number, Rect>;

  constructor(readonly map: LabelMap) {
    this.#bounds = measure(map, { x: 0, y: 0, width: map.width, height: map.height });
  }

  /** undefined for a nucleus without pixels. */
  get(label: number): Rect | undefined {
    return this.#bounds.get(label);
  }

  [Symbol.iterator](): IterableIterator<[number, Rect]> {
    return this.#bounds[Symbol.iterator]();
  }

  /**
   * Follows a change of the label map.
   *
   * @param done The patch that was applied.
   * @param back The one that takes it back.
   */
  update(done: Patch, back: Patch): void {
    const labels = new Set<number>();
    for (const patch of [done, back])
      forEachPiece(patch, this.map.width, (_, __, value) => {
        if (value !== 0) labels.add(value);
      });
    if (labels.size > manyNuclei) {
      this.#bounds = measure(this.map, { x: 0, y: 0, width: this.map.width, height: this.map.height });
      return;
    }
    for (const label of labels) {
      const before = this.#bounds.get(label);
      const after = measure(this.map, before ? unionOf(before, done) : done, label).get(label);
      if (after) this.#bounds.set(label, after);
      else this.#bounds.delete(label);
    }
  }
}

/** The smallest rectangle around both. */
export function unionOf(one: Rect, other: Rect): Rect {
  const [x, y] = [Math.min(one.x, other.x), Math.min(one.y, other.y)];
  const right = Math.max(one.x + one.width, other.x + other.width);
  const bottom = Math.max(one.y + one.height, other.y + other.height);
  return { x, y, width: right - x, height: bottom - y };
}

/** @param only The only label that is measured; undefined: all but 0. */
function measure({ width, labels }: LabelMap, { x, y, ...size }: Rect, only?: number): Map<number, Rect> {
  const sides = new Map<number, { left: number; top: number; right: number; bottom: number }>();
  for (let row = y; row < y + size.height; row++) {
    const end = row * width + x + size.width;
    for (let at = row * width + x; at < end;) {
      const label = labels[at]!;
      const start = at;
      while (at < end && labels[at] === label) at++;
      if (label === 0 || (only !== undefined && label !== only)) continue;
      const [left, right] = [start - row * width, at - row * width];
      const found = sides.get(label);
      if (!found) sides.set(label, { left, top: row, right, bottom: row + 1 });
      else {
        found.left = Math.min(found.left, left);
        found.right = Math.max(found.right, right);
        found.bottom = row + 1;
      }
    }
  }
  return new Map(
    [...sides].map(([label, { left, top, right, bottom }]) => [
      label,
      { x: left, y: top, width: right - left, height: bottom - top },
    ]),
  );
}
