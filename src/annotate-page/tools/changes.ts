import { type Patch, patchOfValues, unchanged } from '../../annotate/protocol/patch.js';
import type { Rect } from '../../data/geometry/rect.js';
import type { LabelMap } from './label-map.js';

/** New labels for some pixels within a rectangle of a label map, which stays as it is. */
export class Changes {
  readonly #values: Int32Array;

  /** @param rect Within the image; its width and height may be 0. */
  constructor(
    readonly map: LabelMap,
    readonly rect: Rect,
  ) {
    this.#values = new Int32Array(rect.width * rect.height).fill(unchanged);
  }

  /** The label that a pixel has; `at` counts the pixels of the rectangle, row by row. */
  before(at: number): number {
    const { x, y, width } = this.rect;
    const row = Math.floor(at / width);
    return this.map.labels[(y + row) * this.map.width + x + at - row * width]!;
  }

  set(at: number, label: number): void {
    this.#values[at] = label;
  }

  /** The smallest patch with all pixels that change; undefined if none does. */
  toPatch(): Patch | undefined {
    const { x, y, width, height } = this.rect;
    const values = this.#values;
    let [left, top, right, bottom] = [width, height, -1, -1];
    for (let row = 0, at = 0; row < height; row++) {
      for (let column = 0; column < width; column++, at++) {
        if (values[at] === this.before(at)) values[at] = unchanged;
        if (values[at] === unchanged) continue;
        left = Math.min(left, column);
        right = Math.max(right, column);
        top = Math.min(top, row);
        bottom = row;
      }
    }
    if (right < 0) return undefined;
    const trimmed = { x: x + left, y: y + top, width: right - left + 1, height: bottom - top + 1 };
    const kept = new Int32Array(trimmed.width * trimmed.height);
    for (let row = 0; row < trimmed.height; row++) {
      const start = (top + row) * width + left;
      kept.set(values.subarray(start, start + trimmed.width), row * trimmed.width);
    }
    return patchOfValues(trimmed, kept);
  }
}
