import { z } from 'zod';
import { defaultMaskThreshold } from './mask-threshold.js';

const fraction = z.number().min(0).max(1);

/** How detections and their masks become the nuclei of a label image; `nucleate tune` chooses the values on validation data. */
export const AssembleSettings = z.strictObject({
  scoreThreshold: fraction
    .default(0.35)
    .describe(
      'Nuclei with a lower score are dropped. Keeping a nucleus that is right with probability p raises the challenge ' +
        'score S = TP/(TP+FP+FN) if p > S/(1+S): 0.33 to 0.38 at S of 0.5 to 0.6.',
    ),
  scoreBy: z
    .enum(['detection', 'product'])
    .default('detection')
    .describe(
      'Score of a nucleus: `detection`, the score of its detection; `product`, that score times the mean probability of ' +
        'its mask.',
    ),
  borderWeight: z
    .number()
    .min(-1)
    .max(1)
    .default(0)
    .describe(
      'The probability of border times this is added to the probability of body; negative values subtract it.',
    ),
  maskThreshold: fraction
    .default(defaultMaskThreshold)
    .describe('A pixel with at least this probability belongs to the mask (Mirzaev, DSB2018 5th: 0.35).'),
  nms: z
    .enum(['mask', 'box'])
    .default('mask')
    .describe('What non-maximum suppression compares: `mask` or `box`.'),
  nmsThreshold: fraction
    .default(0.5)
    .describe('Of two nuclei with a higher IoU, the lower-scoring one is dropped; 1 keeps all.'),
  overlap: z
    .enum(['score', 'probability'])
    .default('score')
    .describe(
      'Who gets a pixel of several masks: `score`, the higher-scoring nucleus; `probability`, the nucleus that is more probable at this pixel.',
    ),
  maxLost: fraction
    .default(0.5)
    .describe(
      'A nucleus is dropped if higher-scoring ones take more than this fraction of its mask (NucleiDetectron: 0.7, Deep ' +
        'Retina: 0.3).',
    ),
  pieces: z
    .enum(['largest', 'all'])
    .default('largest')
    .describe('Which pieces of a mask in several pieces are kept.'),
  fillHoles: z.boolean().default(true).describe('Whether holes in a nucleus are filled.'),
  dilation: z
    .int()
    .min(-8)
    .max(8)
    .default(0)
    .describe(
      'Nuclei grow into the background by this much, px of the image; negative values shrink them (Deep Retina: 1).',
    ),
  minArea: z
    .int()
    .min(1)
    .default(10)
    .describe(
      'Nuclei with a smaller area are dropped, px of the image (8, 10, 12 and 15 in four DSB2018 solutions).',
    ),
  maxArea: z
    .int()
    .min(1)
    .nullable()
    .default(null)
    .describe('Nuclei with a larger area are dropped, px of the image; null keeps all.'),
  border: z
    .enum(['keep', 'drop'])
    .default('keep')
    .describe('What becomes of nuclei that touch the border of the image, which cuts most of them.'),
});

/** Resolved {@link AssembleSettings}: every key has a value. */
export type AssembleSettings = z.output<typeof AssembleSettings>;
