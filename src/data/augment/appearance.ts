/**
 * Augmentation. This folder: `detection-sample.ts` and `segmentation-sample.ts` draw a whole sample, `detection-view.ts` and
 * `elastic.ts` its geometry, this file its colours and sharpness, `copy-paste.ts` and `cut.ts` change its nuclei.
 */
import type { Augment } from '../../config/augment.js';
import type { Random } from '../../random.js';
import { blur } from './blur.js';
import { changeColour, toGrey } from './colour.js';
import { addNoise } from './noise.js';
import { changePalette, drawPalette } from './palette.js';
import { deviationOf, type Sample } from './sample.js';
import { changeStain, type Triple } from './stain.js';
import { changeContrast, changeGamma, invertPolarity } from './tone.js';

/** Changes colours and sharpness of a sample, each part with its own probability. Labels and ignore map stay the same. */
export function augmentAppearance(sample: Sample, augment: Augment, random: Random): Sample {
  const { colour, stain, palette, contrast, gamma } = augment;
  const happens = (probability: number) => random.uniform() < probability;
  /** Uniform in -most..most. */
  const within = (most: number) => most * (2 * random.uniform() - 1);
  /** Log-uniform in 1/most..most. */
  const factorWithin = (most: number) => Math.exp(within(Math.log(most)));
  const three = (draw: () => number): Triple => [draw(), draw(), draw()];

  let result = sample;
  if (happens(stain.probability)) {
    const factors = three(() => 1 + within(stain.strength));
    result = changeStain(result, { factors, shifts: three(() => within(stain.strength)) });
  }
  if (happens(colour.probability)) {
    const hue = (within(colour.maxHueDegrees) * Math.PI) / 180;
    const saturation = 1 + within(colour.maxSaturation);
    result = changeColour(result, { hue, saturation, shifts: three(() => within(colour.maxShift)) });
  }
  if (happens(augment.grey)) result = toGrey(result);
  if (happens(palette.probability)) result = changePalette(result, drawPalette(palette.minContrast, random));
  if (happens(augment.invert)) result = invertPolarity(result);
  if (happens(gamma.probability)) result = changeGamma(result, factorWithin(gamma.maxFactor));
  if (happens(contrast.probability)) {
    const factor = factorWithin(contrast.maxFactor);
    result = changeContrast(result, { factor, shift: within(contrast.maxShift) * deviationOf(result) });
  }
  if (happens(augment.blur.probability)) {
    result = blur(result, Math.max(minSigma, random.uniform() * augment.blur.maxSigma));
  }
  if (happens(augment.noise.probability)) {
    const sigma = random.uniform() * augment.noise.maxSigma * deviationOf(result);
    result = addNoise(result, sigma, random);
  }
  return result;
}

/** A blur below 0.2 px changes no value by a step of 8 bits: exp(-1 / (2 * 0.2^2)) = 4e-6. */
const minSigma = 0.2;
