import { clampToUnit } from '../image/intensity.js';
import { type Sample } from './sample.js';

export type Triple = readonly [number, number, number];

export interface StainChange {
  /** Factors of haematoxylin, eosin and the residual; 1 keeps them. */
  readonly factors: Triple;
  /** Added to the three; optical density. */
  readonly shifts: Triple;
}

/** Optical density of each stain in red, green and blue: Ruifrok and Johnston 2001 (H, E, DAB). */
const stains: readonly [Triple, Triple, Triple] = [
  [0.65, 0.7, 0.29],
  [0.07, 0.99, 0.11],
  [0.27, 0.57, 0.78],
];

/** The density of black is infinite, so half a step of 8 bits is added before the logarithm and subtracted after it. */
const darkest = 0.5 / 255;

/**
 * Scales and shifts the amounts of the stains of a tissue section; clips to 0..1. A grey sample is returned as it is.
 *
 * Source: Tellez et al. 2018 (doi 10.1109/TMI.2018.2820199).
 */
export function changeStain(sample: Sample, { factors, shifts }: StainChange): Sample {
  if (sample.channels === 1) return sample;
  const unmix = inverse(stains);
  // density' = ((density unmix) * factors + shifts) stains, with densities as rows.
  const scaled = stains.map((row, k) => row.map((value) => value * factors[k]!));
  const cell = (row: Triple, c: number) =>
    row[0] * scaled[0]![c]! + row[1] * scaled[1]![c]! + row[2] * scaled[2]![c]!;
  const matrix = unmix.map((row) => [cell(row, 0), cell(row, 1), cell(row, 2)]);
  const added = [0, 1, 2].map(
    (c) => shifts[0] * stains[0][c]! + shifts[1] * stains[1][c]! + shifts[2] * stains[2][c]!,
  );

  const changed = new Float32Array(sample.pixels.length);
  for (let i = 0; i < changed.length; i += 3) {
    const red = -Math.log(sample.pixels[i]! + darkest);
    const green = -Math.log(sample.pixels[i + 1]! + darkest);
    const blue = -Math.log(sample.pixels[i + 2]! + darkest);
    for (let c = 0; c < 3; c++) {
      const density = red * matrix[0]![c]! + green * matrix[1]![c]! + blue * matrix[2]![c]! + added[c]!;
      changed[i + c] = clampToUnit(Math.exp(-density) - darkest);
    }
  }
  return { ...sample, pixels: changed };
}

function inverse([[a, b, c], [d, e, f], [g, h, i]]: typeof stains): [Triple, Triple, Triple] {
  const determinant = a * (e * i - f * h) - b * (d * i - f * g) + c * (d * h - e * g);
  const row = (x: number, y: number, z: number): Triple => [
    x / determinant,
    y / determinant,
    z / determinant,
  ];
  return [
    row(e * i - f * h, c * h - b * i, b * f - c * e),
    row(f * g - d * i, a * i - c * g, c * d - a * f),
    row(d * h - e * g, b * g - a * h, a * e - b * d),
  ];
}
