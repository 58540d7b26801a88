import { z } from 'zod';
import { defaultMaskThreshold } from './mask-threshold.js';

const share = z.number().min(0).max(1);

/** How candidates become the nuclei of a label image; `nucleate tune` chooses the values on validation data. */
export const AssembleSettings = z.strictObject({
  scoreThreshold: share
    .default(0.35)
    .describe(
      'Candidates with a lower score go (share, no unit): one that matches with probability p raises S = ' +
        'TP/(TP+FP+FN) if p > S/(1+S), 0.33 to 0.38 at S of 0.5 to 0.6.',
    ),
  scoreBy: z
    .enum(['detection', 'product'])
    .default('detection')
    .describe(
      'What the score of a nucleus is (name): that of its detection, or its product with the mean probability of ' +
        'its mask.',
    ),
  borderWeight: z
    .number()
    .min(-1)
    .max(1)
    .default(0)
    .describe(
      'What the probability of a border adds to that of the body (factor, no unit); negative takes it away.',
    ),
  maskThreshold: share
    .default(defaultMaskThreshold)
    .describe(
      'Probability from which a pixel belongs to the mask (share, no unit; Mirzaev, DSB2018 5th: 0.35).',
    ),
  nms: z
    .enum(['mask', 'box'])
    .default('mask')
    .describe('What is compared to find two candidates of one nucleus (name): their masks or their boxes.'),
  nmsThreshold: share
    .default(0.5)
    .describe('IoU (share, no unit) above which the less sure of two candidates goes; 1 keeps all.'),
  overlap: z
    .enum(['score', 'probability'])
    .default('score')
    .describe(
      'Whose a pixel of several masks is (name): that of the surer nucleus, or of the one more probable there.',
    ),
  maxLost: share
    .default(0.5)
    .describe(
      'A candidate goes if surer ones take more than this share of its mask (no unit; NucleiDetectron: 0.7, Deep ' +
        'Retina: 0.3).',
    ),
  pieces: z
    .enum(['largest', 'all'])
    .default('largest')
    .describe('Which pieces of a mask that fell apart are kept (name).'),
  fillHoles: z.boolean().default(true).describe('Whether background within a nucleus joins it (no unit).'),
  dilation: z
    .int()
    .min(-8)
    .max(8)
    .default(0)
    .describe(
      'By how much nuclei grow into the background, px of the image; negative shrinks them (Deep Retina: 1).',
    ),
  minArea: z
    .int()
    .min(1)
    .default(10)
    .describe('Smaller nuclei go, px of the image (8, 10, 12 and 15 in four DSB2018 solutions).'),
});

/** Resolved {@link AssembleSettings}: every key has a value. */
export type AssembleSettings = z.output<typeof AssembleSettings>;
