import type { Random } from '../../random.js';
import { lumaOf, toGrey } from './colour.js';
import type { Sample } from './sample.js';
import type { Triple } from './stain.js';

/** The colours that black and white become; red, green and blue, 0 to 1. */
export interface Palette {
  readonly black: Triple;
  readonly white: Triple;
}

/**
 * Draws two colours of different brightness; either may be the brighter one.
 *
 * @param minContrast Least difference of their luma, 0 to 1; must be below 1.
 */
export function drawPalette(minContrast: number, random: Random): Palette {
  const colour = (): Triple => [random.uniform(), random.uniform(), random.uniform()];
  for (;;) {
    const palette = { black: colour(), white: colour() };
    if (Math.abs(lumaOf(...palette.white) - lumaOf(...palette.black)) >= minContrast) return palette;
  }
}

/** Replaces the brightness of a sample by a mixture of two colours, as if it were stained with another dye. */
export function changePalette(sample: Sample, { black, white }: Palette): Sample {
  const grey = toGrey(sample).pixels;
  const pixels = new Float32Array(3 * grey.length);
  for (let i = 0; i < grey.length; i++) {
    for (let c = 0; c < 3; c++) pixels[3 * i + c] = black[c]! + grey[i]! * (white[c]! - black[c]!);
  }
  return { ...sample, channels: 3, pixels };
}
