/** Tools that make the shape of a nucleus anew: lasso, a mask of the model, filling holes, smoothing. */
import type { Patch } from '../../annotate/protocol/patch.js';
import { runsOfPolygon } from '../../data/geometry/polygon.js';
import type { Rect } from '../../data/geometry/rect.js';
import { unionOf } from './bounds.js';
import { Changes } from './changes.js';
import type { Point } from '../../data/geometry/linear-map.js';
import { clip, grow, type LabelMap } from './label-map.js';
import { connectedParts, largestPart } from './parts.js';

/** px, half the side of the square whose majority decides: twice the width of a ragged edge of one pixel, and a middle. */
const smoothRadius = 2;

/** Pixels of a rectangle. */
export interface PixelMask extends Rect {
  /** 1 inside, 0 outside, `[height, width]`. */
  readonly values: Uint8Array;
}

/** The pixels whose centre lies within a closed line; parts outside of the image are cut off. */
export function lassoMask(map: LabelMap, points: readonly Point[]): PixelMask {
  const rect = clip(map, {
    left: Math.min(...points.map(({ x }) => x)),
    top: Math.min(...points.map(({ y }) => y)),
    right: Math.max(...points.map(({ x }) => x)),
    bottom: Math.max(...points.map(({ y }) => y)),
  });
  const values = new Uint8Array(rect.width * rect.height);
  const ring = points.flatMap(({ x, y }) => [x - rect.x, y - rect.y]);
  const runs = runsOfPolygon([ring], rect);
  for (let at = 0; at < runs.length; at += 2) values.fill(1, runs[at], runs[at]! + runs[at + 1]!);
  return { ...rect, values };
}

/**
 * Paints the largest connected part of a mask that is not another nucleus.
 *
 * @returns undefined if no pixel is free.
 */
export function addMask(map: LabelMap, mask: PixelMask, label: number): Patch | undefined {
  const changes = new Changes(map, mask);
  const free = mask.values.map((value, at) => (value && freeFor(label, changes.before(at)) ? 1 : 0));
  const { numbers, areas } = connectedParts(free, mask);
  const largest = largestPart(areas);
  if (largest === 0) return undefined;
  for (let at = 0; at < free.length; at++) if (numbers[at] === largest) changes.set(at, label);
  return changes.toPatch();
}

/**
 * Gives a nucleus the largest connected part of a mask that is not another nucleus as its only shape.
 *
 * @param bounds Of the nucleus.
 * @returns undefined if no pixel is free, or it has this shape already.
 */
export function reshape(
  map: LabelMap,
  mask: PixelMask,
  { label, bounds }: { readonly label: number; readonly bounds: Rect },
): Patch | undefined {
  const changes = new Changes(map, unionOf(bounds, mask));
  const { rect } = changes;
  const free = new Uint8Array(rect.width * rect.height);
  for (let row = 0; row < mask.height; row++) {
    for (let column = 0; column < mask.width; column++) {
      const at = (mask.y - rect.y + row) * rect.width + mask.x - rect.x + column;
      if (mask.values[row * mask.width + column] && freeFor(label, changes.before(at))) free[at] = 1;
    }
  }
  const { numbers, areas } = connectedParts(free, rect);
  const largest = largestPart(areas);
  if (largest === 0) return undefined;
  for (let at = 0; at < free.length; at++) {
    if (numbers[at] === largest) changes.set(at, label);
    else if (changes.before(at) === label) changes.set(at, 0);
  }
  return changes.toPatch();
}

const freeFor = (label: number, before: number): boolean => before === 0 || before === label;

/**
 * Fills background that a nucleus surrounds: from it no way over sides of pixels leads out of the nucleus.
 *
 * @param bounds Of the nucleus.
 * @returns undefined if it has no holes.
 */
export function fillHoles(map: LabelMap, label: number, bounds: Rect): Patch | undefined {
  const changes = new Changes(map, bounds);
  const isOther = new Uint8Array(bounds.width * bounds.height);
  for (let at = 0; at < isOther.length; at++) isOther[at] = changes.before(at) === label ? 0 : 1;
  const { numbers, areas } = connectedParts(isOther, bounds);
  const reachesOut = new Uint8Array(areas.length);
  for (let at = 0; at < isOther.length; at++) {
    const [column, row] = [at % bounds.width, Math.floor(at / bounds.width)];
    const isRim = column === 0 || row === 0 || column === bounds.width - 1 || row === bounds.height - 1;
    if (isRim) reachesOut[numbers[at]!] = 1;
  }
  for (let at = 0; at < isOther.length; at++) {
    if (isOther[at] && !reachesOut[numbers[at]!] && changes.before(at) === 0) changes.set(at, label);
  }
  return changes.toPatch();
}

/**
 * Smooths the border of a nucleus: a pixel belongs to it if most pixels of the square around it do. Its largest connected
 * part remains; other nuclei stay as they are.
 *
 * @param bounds Of the nucleus.
 * @returns undefined if nothing changes, also where nothing would be left.
 */
export function smooth(map: LabelMap, label: number, bounds: Rect): Patch | undefined {
  const changes = new Changes(map, grow(map, bounds, smoothRadius));
  const { rect } = changes;
  const isSmooth = new Uint8Array(rect.width * rect.height);
  for (let row = 0, at = 0; row < rect.height; row++) {
    for (let column = 0; column < rect.width; column++, at++) {
      if (!freeFor(label, changes.before(at))) continue;
      let [own, all] = [0, 0];
      for (let y = Math.max(0, row - smoothRadius); y <= Math.min(rect.height - 1, row + smoothRadius); y++) {
        for (
          let x = Math.max(0, column - smoothRadius);
          x <= Math.min(rect.width - 1, column + smoothRadius);
          x++
        ) {
          all++;
          if (changes.before(y * rect.width + x) === label) own++;
        }
      }
      if (2 * own > all) isSmooth[at] = 1;
    }
  }
  const { numbers, areas } = connectedParts(isSmooth, rect);
  const largest = largestPart(areas);
  if (largest === 0) return undefined;
  for (let at = 0; at < isSmooth.length; at++) {
    if (numbers[at] === largest) changes.set(at, label);
    else if (changes.before(at) === label) changes.set(at, 0);
  }
  return changes.toPatch();
}
