import type { Image } from '../image/image.js';
import { quantileOfCounts } from '../image/quantile-of-counts.js';

/**
 * Kinds of images, told apart by colour. `dim` and `dark` are fluorescence (clusters f and a of the 2018 Data Science
 * Bowl), `bright` is brightfield (d), `stained` is purple on white (b and e), `tinted` is purple on purple (c).
 */
export type Modality = 'dim' | 'dark' | 'bright' | 'stained' | 'tinted';

/** Mean grey, of 255; fluorescence images below have few or faint nuclei (cluster f up to 17.9, a from 18.0). */
const dimMean = 18;

/** Median grey, of 255, which is that of the background: dark up to 44 in the Data Science Bowl, bright from 131. */
const brightMedian = 96;

/** Mean difference between the largest and the smallest channel, of 255: 0 for grey images, from 11.9 for stains. */
const stainedSaturation = 4;

/** Median of the same difference: up to 22 in nine of ten images of clusters b and e, from 40 in c. */
const tintedSaturation = 32;

/** The kind of an 8-bit image. */
export function modalityOf({ channels, data }: Image & { readonly data: Uint8Array }): Modality {
  const pixels = data.length / channels;
  const greyCounts = new Uint32Array(256);
  const saturationCounts = new Uint32Array(256);
  let greySum = 0;
  let saturationSum = 0;
  for (let at = 0; at < data.length; at += channels) {
    const [red, green, blue] = [data[at]!, data[at + channels - 1]!, data[at + (channels >> 1)]!];
    const grey = (red + green + blue) / 3;
    const saturation = Math.max(red, green, blue) - Math.min(red, green, blue);
    greySum += grey;
    saturationSum += saturation;
    greyCounts[Math.floor(grey)]! += 1;
    saturationCounts[saturation]! += 1;
  }
  if (quantileOfCounts(greyCounts, 0.5) < brightMedian) return greySum / pixels < dimMean ? 'dim' : 'dark';
  if (saturationSum / pixels < stainedSaturation) return 'bright';
  return quantileOfCounts(saturationCounts, 0.5) < tintedSaturation ? 'stained' : 'tinted';
}
