import { RunList } from './mask.js';
import type { Size } from './rect.js';

export interface Ellipse {
  /** Left and top side of the box around it, px of the image. */
  readonly x: number;
  readonly y: number;
  /** px; the axes are along the rows and columns. */
  readonly width: number;
  readonly height: number;
}

/**
 * The pixels whose centres an ellipse holds, within an image; a centre on its border belongs to it.
 *
 * @returns Runs as in `Mask`; empty without area.
 */
export function runsOfEllipse({ x, y, width, height }: Ellipse, image: Size): Int32Array {
  const runs = new RunList();
  const bottom = Math.min(Math.ceil(y + height), image.height);
  for (let row = Math.max(Math.floor(y), 0); row < bottom; row++) {
    const up = (2 * (row + 0.5 - y)) / height - 1;
    if (!(up * up <= 1)) continue;
    const half = (width / 2) * Math.sqrt(1 - up * up);
    const start = Math.max(Math.ceil(x + width / 2 - half - 0.5), 0);
    const end = Math.min(Math.floor(x + width / 2 + half - 0.5) + 1, image.width);
    if (end > start) runs.push(row * image.width + start, end - start);
  }
  return runs.toRuns();
}
