/** From the label map to the fills and outlines of nuclei. */
import type { Rect } from '../../data/geometry/rect.js';
import type { LabelMap } from '../tools/label-map.js';

/** For each label how it is drawn: an index into the colours; 0 is not drawn. Labels beyond its end are not drawn. */
export type Styles = Uint8Array;

/** Colours of each style as RGBA in the order of bytes of a picture, read as a number of 32 bits, little-endian. */
export interface LabelColours {
  readonly fills: readonly number[];
  readonly outlines: readonly number[];
}

/** @param opacity 0 to 1. */
export const packed = ([red, green, blue]: readonly number[], opacity: number): number =>
  ((Math.round(255 * opacity) << 24) | (blue! << 16) | (green! << 8) | red!) >>> 0;

/**
 * Paints a part of the label map.
 *
 * @param rect Its corner is a multiple of `step`.
 * @param step Pixels of the map for each painted one along a side: of them the first is looked at.
 * @param hasOutlines Whether pixels beside another label, or beside background, have the colour of outlines.
 * @returns RGBA, `[ceil(height / step), ceil(width / step)]`.
 */
export function paintLabels(
  { width: mapWidth, height: mapHeight, labels }: LabelMap,
  styles: Styles,
  {
    rect,
    step,
    palette,
    hasOutlines,
  }: {
    readonly rect: Rect;
    readonly step: number;
    readonly palette: LabelColours;
    readonly hasOutlines: boolean;
  },
): Uint32Array<ArrayBuffer> {
  const [width, height] = [Math.ceil(rect.width / step), Math.ceil(rect.height / step)];
  const painted = new Uint32Array(width * height);
  const { fills, outlines } = palette;
  for (let row = 0, to = 0; row < height; row++) {
    const y = rect.y + row * step;
    const above = Math.max(0, y - step) * mapWidth;
    const below = y + step < mapHeight ? (y + step) * mapWidth : y * mapWidth;
    for (let column = 0; column < width; column++, to++) {
      const x = rect.x + column * step;
      const label = labels[y * mapWidth + x]!;
      if (label === 0) continue;
      const style = label < styles.length ? styles[label]! : 0;
      if (style === 0) continue;
      painted[to] =
        hasOutlines &&
        (labels[y * mapWidth + Math.max(0, x - step)] !== label ||
          labels[y * mapWidth + (x + step < mapWidth ? x + step : x)] !== label ||
          labels[above + x] !== label ||
          labels[below + x] !== label)
          ? outlines[style]!
          : fills[style]!;
    }
  }
  return painted;
}

/**
 * The sides of pixels that are borders of nuclei, joined to straight lines: `x, y, x, y` each, px of the image.
 *
 * @param rect Part of the map; of a border on its rim, the left and upper one belong to it.
 * @param isWanted Lines are drawn around labels for which it is true; a line between two of them comes once.
 */
export function outlineSegments(
  { width, height, labels }: LabelMap,
  rect: Rect,
  isWanted: (label: number) => boolean,
): number[] {
  const lines: number[] = [];
  const labelOf = (x: number, y: number) =>
    x < 0 || y < 0 || x >= width || y >= height ? 0 : labels[y * width + x]!;
  const isBorder = (one: number, other: number) => one !== other && (isWanted(one) || isWanted(other));
  const right = rect.x + rect.width === width ? width : rect.x + rect.width - 1;
  const bottom = rect.y + rect.height === height ? height : rect.y + rect.height - 1;
  for (let y = rect.y; y <= bottom; y++) {
    let start = -1;
    for (let x = rect.x; x <= rect.x + rect.width; x++) {
      const isLine = x < rect.x + rect.width && isBorder(labelOf(x, y - 1), labelOf(x, y));
      if (isLine && start < 0) start = x;
      if (!isLine && start >= 0) {
        lines.push(start, y, x, y);
        start = -1;
      }
    }
  }
  for (let x = rect.x; x <= right; x++) {
    let start = -1;
    for (let y = rect.y; y <= rect.y + rect.height; y++) {
      const isLine = y < rect.y + rect.height && isBorder(labelOf(x - 1, y), labelOf(x, y));
      if (isLine && start < 0) start = y;
      if (!isLine && start >= 0) {
        lines.push(x, start, x, y);
        start = -1;
      }
    }
  }
  return lines;
}
