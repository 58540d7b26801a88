import { z } from 'zod';

const fraction = z.number().min(0).max(1);

const Scale = z
  .strictObject({
    min: z
      .number()
      .min(0.05)
      .max(20)
      .default(0.5)
      .describe(
        'Smallest magnification; drawn uniformly on a logarithmic scale (Mirzaev, DSB2018 5th: 0.5).',
      ),
    max: z.number().min(0.05).max(20).default(2).describe('Largest magnification (Mirzaev: 2).'),
  })
  .refine(({ min, max }) => min <= max, 'a range whose `min` is not above its `max`');

const Rotation = z.strictObject({
  probability: fraction.default(0.5).describe('Fraction of crops that are rotated.'),
  maxDegrees: z
    .number()
    .min(0)
    .max(45)
    .default(15)
    .describe('Largest angle in either direction, degrees (Mirzaev: 15; Deep Retina, 3rd: 10).'),
});

const Elastic = z.strictObject({
  probability: fraction.default(0.3).describe('Fraction of crops that are warped.'),
  spacing: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.25)
    .describe('Distance between control points, as a fraction of the side of the crop.'),
  amplitude: z
    .number()
    .min(0)
    .max(0.2)
    .default(0.02)
    .describe(
      'Standard deviation of the shift of a control point, as a fraction of the side of the crop (U-Net, arXiv 1505.04597: 10 px of 512).',
    ),
});

const Cut = z.strictObject({
  minVisible: fraction
    .default(0.25)
    .describe(
      'A nucleus cut by the edge of the crop is kept if at least this fraction of its area is visible, else ignored.',
    ),
  minArea: z
    .int()
    .min(1)
    .max(1e6)
    .default(8)
    .describe(
      'A nucleus with a smaller visible area is ignored, px of the crop (four DSB2018 solutions dropped areas below 8 to 15 px).',
    ),
});

const CopyPaste = z.strictObject({
  probability: fraction
    .default(0.05)
    .describe('Fraction of crops into which nuclei are pasted (DSB2018 1st place: 0.05).'),
  maxCount: z
    .int()
    .min(1)
    .max(1000)
    .default(5)
    .describe('Most nuclei pasted into a crop (1st place: 1 to 5).'),
});

const Colour = z.strictObject({
  probability: fraction
    .default(0.5)
    .describe('Fraction of colour crops whose colours are shifted (1st place: 0.5).'),
  maxHueDegrees: z.number().min(0).max(180).default(20).describe('Largest change of the hue, degrees.'),
  maxSaturation: z.number().min(0).max(1).default(0.3).describe('Largest relative change of the saturation.'),
  maxShift: z
    .number()
    .min(0)
    .max(1)
    .default(0.06)
    .describe('Largest shift of a channel, as a fraction of white (Deep Retina: 15 of 255).'),
});

const Stain = z.strictObject({
  probability: fraction
    .default(0)
    .describe(
      'Fraction of colour crops whose haematoxylin, eosin and residual stains are changed; for stained tissue only.',
    ),
  strength: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe('Largest relative change and largest shift of a stain (Tellez et al., arXiv 1902.06543).'),
});

const Palette = z.strictObject({
  probability: fraction
    .default(0)
    .describe(
      'Fraction of crops whose black and white are replaced by two random colours, as unseen stains would look (1st place: grey turned into colour, 0.4 of colour crops).',
    ),
  minContrast: z
    .number()
    .min(0)
    .max(0.6)
    .default(0.25)
    .describe('Smallest difference in brightness of the two colours, as a fraction of white.'),
});

const Contrast = z.strictObject({
  probability: fraction
    .default(0.4)
    .describe('Fraction of crops whose contrast is changed (1st place: 0.4).'),
  maxFactor: z
    .number()
    .min(1)
    .max(100)
    .default(1.6)
    .describe('Contrast is multiplied by 1/maxFactor to maxFactor (StarDist: 0.6 to 2).'),
  maxShift: z
    .number()
    .min(0)
    .max(100)
    .default(0.4)
    .describe(
      'Largest shift of the brightness, in standard deviations of the crop, so that dim nuclei stay visible ' +
        '(StarDist: 0.2 of the range).',
    ),
});

const Gamma = z.strictObject({
  probability: fraction.default(0.4).describe('Fraction of crops whose gamma is changed.'),
  maxFactor: z
    .number()
    .min(1)
    .max(100)
    .default(1.5)
    .describe('The exponent is 1/maxFactor to maxFactor; higher values would hide dim nuclei.'),
});

const Blur = z.strictObject({
  probability: fraction
    .default(0.2)
    .describe('Fraction of crops that are blurred (1st place: 0.4, of three kinds).'),
  maxSigma: z
    .number()
    .positive()
    .max(10)
    .default(1.5)
    .describe('Largest standard deviation, px of the crop.'),
});

const Noise = z.strictObject({
  probability: fraction
    .default(0.2)
    .describe(
      'Fraction of crops with added noise; low, because Mirzaev found that noise hurts a Mask R-CNN.',
    ),
  maxSigma: z
    .number()
    .min(0)
    .max(100)
    .default(0.15)
    .describe(
      'Largest standard deviation, in standard deviations of the crop, so that dim nuclei stay visible.',
    ),
});

/**
 * How training examples are varied. A probability of 0 switches a part off.
 *
 * The strengths are those of the solutions to the 2018 Data Science Bowl, where they are published.
 */
export const Augment = z.strictObject({
  turns: z
    .boolean()
    .default(true)
    .describe('Whether crops are flipped and turned by quarter turns, all 8 variants equally likely.'),
  scale: Scale.prefault({}).describe("Random magnification, on top of the loader's own scaling."),
  rotation: Rotation.prefault({}).describe('Small rotations.'),
  elastic: Elastic.prefault({}).describe('Smooth random warps.'),
  cut: Cut.prefault({}).describe('Which nuclei at the edge of a crop are kept.'),
  copyPaste: CopyPaste.prefault({}).describe('Copies of nuclei, pasted to other places in the same crop.'),
  invert: fraction
    .default(0.2)
    .describe(
      'Fraction of crops with black and white exchanged (1st place: 0.2; NucleiDetectron: helps much).',
    ),
  grey: fraction.default(0.25).describe('Fraction of colour crops turned to grey (1st place: 0.25).'),
  colour: Colour.prefault({}).describe('Shifts of hue, saturation and channels of colour images.'),
  stain: Stain.prefault({}).describe('Stains of tissue sections; off by default.'),
  palette: Palette.prefault({}).describe('Two random colours instead of black and white; off by default.'),
  contrast: Contrast.prefault({}).describe('Contrast and brightness.'),
  gamma: Gamma.prefault({}).describe('Gamma.'),
  blur: Blur.prefault({}).describe('Gaussian blur.'),
  noise: Noise.prefault({}).describe('Gaussian noise.'),
});

/** A resolved {@link Augment}: every key has a value. */
export type Augment = z.output<typeof Augment>;
