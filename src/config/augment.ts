import { z } from 'zod';

const share = z.number().min(0).max(1);

const Scale = z
  .strictObject({
    min: z
      .number()
      .positive()
      .default(0.5)
      .describe(
        'Smallest magnification (factor); the logarithm is drawn evenly (Mirzaev, DSB2018 5th: 0.5).',
      ),
    max: z.number().positive().default(2).describe('Largest magnification (factor; Mirzaev: 2).'),
  })
  .refine(({ min, max }) => min <= max, 'a range whose `min` is not above its `max`');

const Rotation = z.strictObject({
  probability: share.default(0.5).describe('Share of crops that are rotated.'),
  maxDegrees: z
    .number()
    .min(0)
    .max(45)
    .default(15)
    .describe('Largest angle to either side, degrees (Mirzaev: 15; Deep Retina, 3rd: 10).'),
});

const Elastic = z.strictObject({
  probability: share.default(0.3).describe('Share of crops that are warped elastically.'),
  spacing: z
    .number()
    .min(0.05)
    .max(1)
    .default(0.25)
    .describe('Distance of the control points, share of the side of the crop.'),
  amplitude: z
    .number()
    .min(0)
    .max(0.2)
    .default(0.02)
    .describe(
      'Standard deviation of the control points, share of the side (U-Net, arXiv 1505.04597: 10 px of 512).',
    ),
});

const Cut = z.strictObject({
  minVisible: share
    .default(0.25)
    .describe(
      'A nucleus that the crop cuts is kept if it shows at least this share of its area, else ignored.',
    ),
  minArea: z
    .int()
    .min(1)
    .default(8)
    .describe(
      'A nucleus with fewer visible pixels is ignored, px (specks of 8-15 px went in four solutions).',
    ),
});

const CopyPaste = z.strictObject({
  probability: share.default(0.05).describe('Share of crops with pasted nuclei (DSB2018 1st place: 0.05).'),
  maxCount: z.int().min(1).default(5).describe('Most nuclei pasted into a crop (count; 1st place: 1 to 5).'),
});

const Colour = z.strictObject({
  probability: share.default(0.5).describe('Share of colour crops whose colours shift (1st place: 0.5).'),
  maxHueDegrees: z.number().min(0).max(180).default(20).describe('Largest turn of the hue, degrees.'),
  maxSaturation: z
    .number()
    .min(0)
    .max(1)
    .default(0.3)
    .describe('Largest relative change of the saturation (factor).'),
  maxShift: z
    .number()
    .min(0)
    .max(1)
    .default(0.06)
    .describe('Largest shift of a channel, share of white (Deep Retina: 15 of 255).'),
});

const Stain = z.strictObject({
  probability: share
    .default(0)
    .describe('Share of colour crops whose haematoxylin, eosin and residual are scaled; for tissue alone.'),
  strength: z
    .number()
    .min(0)
    .max(1)
    .default(0.05)
    .describe(
      'Largest relative change (factor) and largest shift of a stain (Tellez et al., arXiv 1902.06543).',
    ),
});

const Palette = z.strictObject({
  probability: share
    .default(0)
    .describe(
      'Share of crops whose brightness is shown in two random colours, as of stains that were never seen (1st place: grey turned to colour, 0.4 of colour crops).',
    ),
  minContrast: z
    .number()
    .min(0)
    .max(0.6)
    .default(0.25)
    .describe('Least difference of the brightness of the two, share of white.'),
});

const Contrast = z.strictObject({
  probability: share.default(0.4).describe('Share of crops whose contrast changes (1st place: 0.4).'),
  maxFactor: z
    .number()
    .min(1)
    .default(1.6)
    .describe('Largest factor; contrast is multiplied by 1/maxFactor to maxFactor (StarDist: 0.6 to 2).'),
  maxShift: z
    .number()
    .min(0)
    .default(0.4)
    .describe(
      'Largest shift of the brightness, in standard deviations of the crop, so that dim nuclei stay above black ' +
        '(StarDist: 0.2 of the range).',
    ),
});

const Gamma = z.strictObject({
  probability: share.default(0.4).describe('Share of crops whose gamma changes.'),
  maxFactor: z
    .number()
    .min(1)
    .default(1.5)
    .describe(
      'Largest factor; the exponent is 1/maxFactor to maxFactor: dim nuclei stay visible up to there.',
    ),
});

const Blur = z.strictObject({
  probability: share
    .default(0.2)
    .describe('Share of crops that are blurred (1st place: 0.4, of three kinds).'),
  maxSigma: z
    .number()
    .positive()
    .max(10)
    .default(1.5)
    .describe('Largest standard deviation, px of the crop.'),
});

const Noise = z.strictObject({
  probability: share
    .default(0.2)
    .describe('Share of crops with noise; low, since Mirzaev found that it hurts a Mask R-CNN.'),
  maxSigma: z
    .number()
    .min(0)
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
    .describe('Whether a crop shows one of its 8 flips and quarter turns, all equally likely.'),
  scale: Scale.prefault({}).describe("Magnification, on top of the loader's own."),
  rotation: Rotation.prefault({}).describe('Small rotations.'),
  elastic: Elastic.prefault({}).describe('Smooth random warps.'),
  cut: Cut.prefault({}).describe('What becomes of nuclei that a crop cuts or shrinks.'),
  copyPaste: CopyPaste.prefault({}).describe('Nuclei of the crop pasted to other places in it.'),
  invert: share
    .default(0.2)
    .describe('Share of crops with black and white exchanged (1st place: 0.2; NucleiDetectron: helps much).'),
  grey: share.default(0.25).describe('Share of colour crops turned to grey (1st place: 0.25).'),
  colour: Colour.prefault({}).describe('Hue, saturation and channel shifts of colour images.'),
  stain: Stain.prefault({}).describe('Stains of tissue sections; off by default.'),
  palette: Palette.prefault({}).describe('Two random colours instead of black and white; off by default.'),
  contrast: Contrast.prefault({}).describe('Contrast and brightness.'),
  gamma: Gamma.prefault({}).describe('Gamma.'),
  blur: Blur.prefault({}).describe('Gaussian blur.'),
  noise: Noise.prefault({}).describe('Gaussian noise.'),
});

/** A resolved {@link Augment}: every key has a value. */
export type Augment = z.output<typeof Augment>;
