/** From the values of channels to colours on the screen. */
import type { Rect, Size } from '../../data/geometry/rect.js';

/** A channel of the image, and how it is shown. */
export interface ShownChannel {
  /** `[height, width]`. */
  readonly values: Uint8Array | Uint16Array;
  /** The values that are shown black and in full colour. */
  readonly black: number;
  readonly white: number;
  /** Above 1 dark values become brighter. */
  readonly gamma: number;
  /** As in `#ff0000`. */
  readonly colour: string;
}

/** For each value of a channel how bright it is, 0 to 255. */
export function brightnessTable({ values, black, white, gamma }: ShownChannel): Uint8Array {
  const table = new Uint8Array(values instanceof Uint8Array ? 256 : 65_536);
  const range = Math.max(white - black, Number.EPSILON);
  for (let value = 0; value < table.length; value++) {
    const part = Math.min(1, Math.max(0, (value - black) / range));
    table[value] = Math.round(255 * part ** (1 / gamma));
  }
  return table;
}

/** Red, green and blue of `#rrggbb`, 0 to 255. */
const parts = (colour: string): [number, number, number] => [
  parseInt(colour.slice(1, 3), 16),
  parseInt(colour.slice(3, 5), 16),
  parseInt(colour.slice(5, 7), 16),
];

/** A channel with its table and colour: made once for many tiles. */
export interface ReadyChannel {
  readonly values: Uint8Array | Uint16Array;
  readonly table: Uint8Array;
  readonly colour: readonly [number, number, number];
}

export const ready = (channel: ShownChannel): ReadyChannel => ({
  values: channel.values,
  table: brightnessTable(channel),
  colour: parts(channel.colour),
});

/**
 * Paints a part of the image. Colours of several channels add up.
 *
 * @param image Size of the channels.
 * @param rect Part that is painted; its corner is a multiple of `step`.
 * @param step Pixels of the image for each painted one along a side, a power of two: above 1 each is the mean of 2 x 2
 *   samples.
 * @param isInverted Whether dark becomes bright.
 * @returns RGBA, `[ceil(height / step), ceil(width / step), 4]`.
 */
export function paintImage(
  channels: readonly ReadyChannel[],
  image: Size,
  { rect, step, isInverted }: { readonly rect: Rect; readonly step: number; readonly isInverted: boolean },
): Uint8ClampedArray<ArrayBuffer> {
  const [width, height] = [Math.ceil(rect.width / step), Math.ceil(rect.height / step)];
  const painted = new Uint8ClampedArray(4 * width * height);
  const near = Math.floor(step / 4);
  const far = step === 1 ? 0 : Math.floor((3 * step) / 4);
  const sums = new Float64Array(3 * width);
  for (let row = 0, to = 0; row < height; row++) {
    sums.fill(0);
    const y = rect.y + row * step;
    const above = Math.min(y + near, image.height - 1) * image.width;
    const below = Math.min(y + far, image.height - 1) * image.width;
    for (const { values, table, colour } of channels) {
      const [red, green, blue] = colour;
      for (let column = 0, at = 0; column < width; column++, at += 3) {
        const left = rect.x + column * step;
        let bright: number;
        if (step === 1) bright = table[values[above + left]!]!;
        else {
          const [x, otherX] = [Math.min(left + near, image.width - 1), Math.min(left + far, image.width - 1)];
          bright =
            (table[values[above + x]!]! +
              table[values[above + otherX]!]! +
              table[values[below + x]!]! +
              table[values[below + otherX]!]!) /
            4;
        }
        sums[at]! += bright * red;
        sums[at + 1]! += bright * green;
        sums[at + 2]! += bright * blue;
      }
    }
    for (let at = 0; at < sums.length; at += 3, to += 4) {
      for (let part = 0; part < 3; part++) {
        const value = Math.min(255, sums[at + part]! / 255);
        painted[to + part] = isInverted ? 255 - value : value;
      }
      painted[to + 3] = 255;
    }
  }
  return painted;
}

/** The values below and above which a thousandth of a sample of the pixels lies; of an even image its smallest and largest. */
export function percentiles(values: Uint8Array | Uint16Array): {
  readonly black: number;
  readonly white: number;
} {
  const counts = new Uint32Array(values instanceof Uint8Array ? 256 : 65_536);
  // A million pixels are enough to know a thousandth; an odd step meets all columns.
  const step = Math.max(1, Math.floor(values.length / 1e6) | 1);
  let total = 0;
  for (let at = 0; at < values.length; at += step, total++) counts[values[at]!]!++;
  const valueAt = (part: number) => {
    let left = part * (total - 1);
    for (let value = 0; value < counts.length; value++) {
      left -= counts[value]!;
      if (left < 0) return value;
    }
    return counts.length - 1;
  };
  const [black, white] = [valueAt(0.001), valueAt(0.999)];
  return white > black
    ? { black, white }
    : { black: valueAt(0), white: Math.max(valueAt(1), valueAt(0) + 1) };
}
