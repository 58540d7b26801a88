/** Masks of single instances, before overlaps are resolved. Stored as runs: 29,461 masks as pixels would take 7.4 GB. */
import type { Box } from './box.js';
import type { Labels } from './label-image.js';
import type { Size } from './rect.js';

/** The pixels of one instance in an image, as they were annotated. */
export interface Mask {
  /** File name, label or line, unique within its image. */
  readonly name: string;
  /**
   * Pairs (start, length) of pixels, counted row by row from the top left. Ascending and separate; no run continues in the
   * next row. Empty for a mask without pixels.
   */
  readonly runs: Int32Array;
  /** Whether its pixels have several values, for example after smoothing; those above half of the largest belong to it. Absent if not. */
  readonly isBlurred?: true;
}

/** A growing list of runs in one array. */
export class RunList {
  #runs: Int32Array<ArrayBuffer>;
  #length = 0;

  /** @param capacity For how many numbers there is room from the start, at least 1. */
  constructor(capacity = 64) {
    this.#runs = new Int32Array(capacity);
  }

  /** How many numbers it has, two per run. */
  get length(): number {
    return this.#length;
  }

  push(start: number, length: number): void {
    this.#makeRoom(2);
    this.#runs[this.#length++] = start;
    this.#runs[this.#length++] = length;
  }

  /** Appends the first `count` numbers, by default all. */
  append(runs: Int32Array, count = runs.length): void {
    this.#makeRoom(count);
    const [to, at] = [this.#runs, this.#length];
    for (let index = 0; index < count; index++) to[at + index] = runs[index]!;
    this.#length += count;
  }

  /** A copy of the numbers from `start` to before `end`; by default of all. */
  toRuns(start = 0, end = this.#length): Int32Array {
    return this.#runs.slice(start, end);
  }

  #makeRoom(count: number): void {
    const needed = this.#length + count;
    if (needed <= this.#runs.length) return;
    // Small lists grow faster: there may be a million, and each growth costs more than its numbers.
    const factor = this.#runs.length < 1024 ? 2 : 1.5;
    const grown = new Int32Array(Math.max(Math.ceil(factor * this.#runs.length), needed));
    grown.set(this.#runs.subarray(0, this.#length));
    this.#runs = grown;
  }
}

/** The runs of the pixels that are not 0, of `width * height` values. */
export function runsOfPixels(pixels: Uint8Array | Uint16Array, { width, height }: Size): Int32Array {
  const runs = new RunList();
  const bytes = Buffer.from(pixels.buffer, pixels.byteOffset, pixels.byteLength);
  const rowBytes = width * pixels.BYTES_PER_ELEMENT;
  const emptyRow = Buffer.alloc(rowBytes);
  for (let row = 0; row < height; row++) {
    // Most rows of a mask are empty, and native code finds that out many times faster.
    if (emptyRow.compare(bytes, row * rowBytes, (row + 1) * rowBytes) === 0) continue;
    for (let at = row * width, end = at + width; at < end; at++) {
      if (pixels[at] === 0) continue;
      const start = at;
      while (at < end && pixels[at] !== 0) at++;
      runs.push(start, at - start);
    }
  }
  return runs.toRuns();
}

/** One mask per label, in ascending order and named by its label; none if there is only background. */
export function masksOfLabels(labels: Labels, { width, height }: Size): Mask[] {
  const lists = new Map<number, RunList>();
  for (let row = 0; row < height; row++) {
    for (let at = row * width, end = at + width; at < end;) {
      const label = labels[at]!;
      const start = at;
      while (at < end && labels[at] === label) at++;
      if (label === 0) continue;
      const list = lists.get(label) ?? new RunList();
      lists.set(label, list);
      list.push(start, at - start);
    }
  }
  return [...lists]
    .sort(([one], [other]) => one - other)
    .map(([label, list]) => ({ name: String(label), runs: list.toRuns() }));
}

/** Masks as one label image, and what was lost in overlaps. */
export interface PaintedMasks {
  /** `width * height`. */
  readonly labels: Int32Array;
  /** Masks that have a pixel in the label image; their labels are 1..n in their order. */
  readonly instanceCount: number;
  /** Masks that have none: they are empty, or earlier masks cover them completely. */
  readonly withoutPixels: number;
  /** Pixels of masks that belong to an earlier mask; a pixel of three masks counts twice. */
  readonly overlapPixels: number;
}

/**
 * Makes one label image of masks, numbered 1..n in their order. Where masks overlap, the first keeps the pixels. A mask
 * without a pixel of its own gets no number.
 */
export function paintMasks(masks: readonly Mask[], { width, height }: Size): PaintedMasks {
  const labels = new Int32Array(width * height);
  let instanceCount = 0;
  let overlapPixels = 0;
  for (const { runs } of masks) {
    let painted = 0;
    let claimed = 0;
    for (let run = 0; run < runs.length; run += 2) {
      claimed += runs[run + 1]!;
      for (let at = runs[run]!, end = at + runs[run + 1]!; at < end; at++) {
        if (labels[at] !== 0) continue;
        labels[at] = instanceCount + 1;
        painted++;
      }
    }
    if (painted > 0) instanceCount++;
    overlapPixels += claimed - painted;
  }
  return { labels, instanceCount, withoutPixels: masks.length - instanceCount, overlapPixels };
}

/** Number of pixels of a mask. */
export function areaOf({ runs }: Mask): number {
  let area = 0;
  for (let run = 1; run < runs.length; run += 2) area += runs[run]!;
  return area;
}

/** The smallest box around a mask; undefined for a mask without pixels. */
export function boxOf({ runs }: Mask, width: number): Box | undefined {
  if (runs.length === 0) return undefined;
  let x1 = width;
  let x2 = 0;
  for (let run = 0; run < runs.length; run += 2) {
    const column = runs[run]! % width;
    x1 = Math.min(x1, column);
    x2 = Math.max(x2, column + runs[run + 1]!);
  }
  const lastRow = Math.floor(runs.at(-2)! / width);
  return { x1, y1: Math.floor(runs[0]! / width), x2, y2: lastRow + 1 };
}
