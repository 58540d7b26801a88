import { z } from 'zod';
import { SegmentationLoader } from './loader.js';
import { training } from './training.js';

const share = z.number().min(0).max(1);
const factor = z.number().min(0);

const Model = z.strictObject({
  width: z
    .number()
    .positive()
    .max(2)
    .default(0.5)
    .describe("Channels of each block, relative to VGG16's own (factor); rounded to eights."),
  depth: z
    .int()
    .min(3)
    .max(5)
    .default(5)
    .describe('Blocks of VGG16 (count), from its first; 2^(depth - 1) divides the side of a crop.'),
  norm: z
    .boolean()
    .default(true)
    .describe('Whether convolutions are normalized by their batch; the published VGG16 is not.'),
  normMomentum: share
    .default(0.98)
    .describe(
      'Share of the moving statistics of the normalization that a step keeps (no unit; Keras: 0.99).',
    ),
  decoder: z
    .number()
    .positive()
    .max(2)
    .default(0.5)
    .describe("Channels of a level of the decoder, relative to the encoder's at its resolution (factor)."),
  decoderConvolutions: z.int().min(1).max(3).default(1).describe('Convolutions (count) of such a level.'),
  standardize: z
    .boolean()
    .default(true)
    .describe(
      'Whether each crop is scaled to mean 0 and deviation 1, so that dim nuclei show as bright ones do.',
    ),
  boxFalloff: z
    .number()
    .positive()
    .default(8)
    .describe(
      'How far outside of its box the box prior falls from 1 to 0, px of the crop; 8 is 3/4 of the margin of a crop of 64.',
    ),
});

const Target = z.strictObject({
  border: z
    .enum(['gap', 'outline', 'neighbours'])
    .default('gap')
    .describe(
      'The third class (a name): pixels between touching nuclei (DSB2018 1st place), all round the nucleus, or other nuclei.',
    ),
  borderWidth: z
    .int()
    .min(1)
    .max(16)
    .default(2)
    .describe('How far from a nucleus its border reaches, px of the crop (1st place: 1.3 to 2.3 of 64).'),
  gapWeight: z
    .number()
    .min(1)
    .default(3)
    .describe('How often a pixel near two nuclei counts in the cross-entropy (factor; 2 to 5 are usual).'),
});

const Loss = z.strictObject({
  crossEntropy: factor
    .default(0.6)
    .describe('Weight of the cross-entropy of pixels (factor; 1st place: 0.6).'),
  bodyDice: factor.default(0.2).describe('Weight of 1 - Dice of the body (factor; 1st place: 0.2).'),
  borderDice: factor.default(0.2).describe('Weight of 1 - Dice of the border (factor; 1st place: 0.2).'),
});

const Boxes = z.strictObject({
  path: z
    .string()
    .default('')
    .describe(
      "A detector's boxes of the training images (a path), best of held-out folds: JSON, " +
        '`{"<image id>": [[x1, y1, x2, y2], ...]}` in px; empty is none.',
    ),
  probability: share
    .default(0.5)
    .describe(
      'How often the box that was found takes the place of the jittered true one, share of the draws.',
    ),
  minIou: share.default(0.5).describe('IoU with the true box from which a box counts as found.'),
});

const Inference = z.strictObject({
  batchSize: z.int().min(1).default(32).describe('Crops (count) that pass the network together.'),
  tta: z
    .boolean()
    .default(false)
    .describe('Whether a crop and its three flips are averaged; takes four times as long.'),
});

const Scoring = z.strictObject({
  maxNuclei: z
    .int()
    .min(1)
    .default(2000)
    .describe(
      'Nuclei (count) of the validation fold that are scored, about as many of each image, always the same; 2000 take half a minute on two cores.',
    ),
  pictures: z.int().min(0).max(64).default(8).describe('Crops (count) that are shown with their masks.'),
  detector: z
    .string()
    .default('')
    .describe(
      'A detector (a path: a run, a checkpoint or a model folder) whose boxes give the score of both stages; empty is none.',
    ),
  images: z
    .int()
    .min(0)
    .default(48)
    .describe('Images (count) of the validation fold that both stages segment, drawn by the seed; 0 is all.'),
});

/** The config of `task: segmenter`: the mask network. */
export const SegmenterConfig = z
  .strictObject({
    task: z.literal('segmenter').describe('What to do (a name): `segmenter` trains the mask network.'),
    ...training,
    loader: SegmentationLoader.prefault({}).describe('The crops that it is trained on.'),
    boxes: Boxes.prefault({}).describe('Boxes with the errors of a detector, to train on.'),
    model: Model.prefault({}).describe('The network.'),
    target: Target.prefault({}).describe('What the network should answer.'),
    loss: Loss.prefault({}).describe('What is minimised.'),
    inference: Inference.prefault({}).describe('How masks are made.'),
    scoring: Scoring.prefault({}).describe('How a validation is made.'),
  })
  .refine(({ loader, model }) => loader.cropSize % 2 ** (model.depth - 1) === 0, {
    path: ['loader', 'cropSize'],
    message: 'a multiple of 2^(`model.depth` - 1)',
  });

/** A resolved {@link SegmenterConfig}: every key has a value. */
export type SegmenterConfig = z.output<typeof SegmenterConfig>;
