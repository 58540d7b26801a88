import { z } from 'zod';
import { DetectionLoader } from './loader.js';
import { training } from './training.js';

const fraction = z.number().min(0).max(1);
const weight = z.number().min(0);
const channels = z.int().min(8).max(4096);

const Backbone = z.strictObject({
  width: z
    .number()
    .positive()
    .max(2)
    .default(1)
    .describe("Channels of each layer, as a multiple of Inception-ResNetV2's; rounded to a multiple of 8."),
  block35: z.int().min(1).default(10).describe('Number of blocks at stride 8 (published network: 10).'),
  block17: z.int().min(1).default(20).describe('Number of blocks at stride 16 (published network: 20).'),
  block8: z
    .int()
    .min(1)
    .default(10)
    .describe('Number of blocks at stride 32, or in the second stage of `single` (published network: 10).'),
});

const Level = z.strictObject({
  stride: z
    .union([4, 8, 16, 32].map((stride) => z.literal(stride)))
    .describe('Stride of the feature map, px of the network input.'),
  sizes: z
    .array(z.number().positive())
    .min(1)
    .describe('Anchor sizes: square roots of the anchor areas, px of the network input.'),
  aspectRatios: z
    .array(z.number().positive())
    .min(1)
    .default([1])
    .describe('Anchor aspect ratios (height / width), each used at every size.'),
});

const Rpn = z.strictObject({
  channels: channels.default(128).describe('Channels of its 3x3 convolution.'),
  loss: z
    .enum(['dense', 'sampled'])
    .default('dense')
    .describe(
      'Objectness loss: `dense` is the focal loss over all anchors (arXiv 1708.02002), ' +
        '`sampled` is cross-entropy over a balanced sample (Faster R-CNN, arXiv 1506.01497).',
    ),
  boxLoss: z
    .enum(['giou', 'smooth-l1'])
    .default('giou')
    .describe('Loss between the box of a positive anchor and the box of its nucleus.'),
  positiveIou: fraction.default(0.5).describe('An anchor with at least this IoU with a nucleus is positive.'),
  negativeIou: fraction
    .default(0.4)
    .describe('An anchor with a lower IoU with every nucleus is negative; anchors in between are ignored.'),
  batchSizePerImage: z
    .int()
    .min(2)
    .max(100_000)
    .default(256)
    .describe('For `sampled`: anchors sampled in each image.'),
  positiveFraction: fraction
    .default(0.5)
    .describe('For `sampled`: largest fraction of positive anchors in the sample.'),
  focalAlpha: fraction
    .default(0.25)
    .describe('For `dense`: weight of positive anchors; negative anchors get 1 - this (Lin et al.: 0.25).'),
  focalGamma: weight
    .default(2)
    .describe(
      'For `dense`: focusing parameter; higher values reduce the weight of easy anchors (Lin et al.: 2).',
    ),
  objectnessWeight: weight.default(1).describe('Weight of the objectness loss.'),
  boxWeight: weight.default(1).describe('Weight of the box loss.'),
});

const Proposals = z.strictObject({
  trainPreNmsTopK: z
    .int()
    .min(1)
    .max(20_000)
    .default(1500)
    .describe('In training: highest-scoring anchors of a crop that are kept before non-maximum suppression.'),
  trainPostNmsTopK: z
    .int()
    .min(1)
    .max(20_000)
    .default(500)
    .describe('In training: most proposals of a crop after non-maximum suppression.'),
  preNmsTopK: z
    .int()
    .min(1)
    .default(2000)
    .describe(
      'In prediction: highest-scoring anchors of a tile that are kept before non-maximum suppression.',
    ),
  postNmsTopK: z
    .int()
    .min(1)
    .default(500)
    .describe(
      'In prediction: most proposals of a tile after non-maximum suppression; DSB2018 images have up to 375 nuclei.',
    ),
  nmsThreshold: fraction
    .default(0.7)
    .describe('Of two proposals with a higher IoU, the lower-scoring one is dropped.'),
  minBoxSize: z
    .number()
    .min(0)
    .default(2)
    .describe('Proposals narrower or lower than this are dropped, px of the network input.'),
});

const BoxHead = z.strictObject({
  poolSize: z
    .int()
    .min(2)
    .default(7)
    .describe('RoI-align pools each proposal to a square of this many bins a side.'),
  samplingRatio: z
    .int()
    .min(1)
    .default(2)
    .describe('RoI-align samples along each side of a bin (He et al., arXiv 1703.06870).'),
  units: z
    .array(z.int().min(1))
    .default([256, 256])
    .describe('Outputs of each fully connected layer; `single` uses block8 instead.'),
  batchSizePerImage: z
    .int()
    .min(2)
    .max(20_000)
    .default(128)
    .describe('Proposals sampled in each crop for training.'),
  positiveFraction: fraction.default(0.5).describe('Largest fraction of positive proposals in the sample.'),
  positiveIou: fraction
    .default(0.5)
    .describe('A proposal with at least this IoU with a nucleus is positive.'),
  softLabels: z
    .boolean()
    .default(true)
    .describe(
      'Whether the target of a positive proposal is its IoU with the nucleus instead of 1, so that scores reflect how well boxes fit.',
    ),
  boxLoss: z
    .enum(['giou', 'smooth-l1'])
    .default('giou')
    .describe('Loss between a refined box and the box of its nucleus.'),
  classWeight: weight.default(1).describe('Weight of the class loss.'),
  boxWeight: weight.default(1).describe('Weight of the box loss.'),
});

const Detections = z.strictObject({
  maxPerTile: z
    .int()
    .min(1)
    .default(500)
    .describe('Most detections of a tile; the number of others is reported.'),
  scoreThreshold: fraction.default(0.05).describe('Detections with this score or a lower one are dropped.'),
  nmsThreshold: fraction
    .default(0.5)
    .describe('Of two detections with a higher IoU, the lower-scoring one is dropped.'),
  proposalWeight: fraction
    .default(0.3)
    .describe(
      'Weight of the first stage in the score of a detection, a geometric mean of both stages (Zhou et al., arXiv 2103.07461: 0.5).',
    ),
});

const Model = z.strictObject({
  kind: z
    .enum(['pyramid', 'single'])
    .default('pyramid')
    .describe(
      'Architecture: `pyramid` has a feature pyramid and a small box head, `single` has one feature map and the last ' +
        'blocks of Inception-ResNetV2 as its box head (as published).',
    ),
  backbone: Backbone.prefault({}).describe('Inception-ResNetV2.'),
  levels: z
    .array(Level)
    .min(1)
    .default([
      { stride: 4, sizes: [12, 19, 30], aspectRatios: [1] },
      { stride: 8, sizes: [48, 76], aspectRatios: [1] },
      { stride: 16, sizes: [120, 190], aspectRatios: [1] },
    ])
    .describe('Feature maps with their anchors, finest first; each stride is twice the one before.'),
  pyramidChannels: channels.default(128).describe('Channels of each map of the feature pyramid.'),
  normalization: z
    .enum(['batch', 'frozen'])
    .default('batch')
    .describe(
      'Batch normalization in training: `batch` uses the statistics of each batch, `frozen` the stored ones, as ' +
        'prediction does. Freezing them for the last stage of a training improves results.',
    ),
  normMomentum: fraction
    .default(0.98)
    .describe('Momentum of the moving statistics of batch normalization (Keras: 0.99).'),
  rpn: Rpn.prefault({}).describe('Region proposal network.'),
  proposals: Proposals.prefault({}).describe('What the region proposal network passes to the box head.'),
  boxHead: BoxHead.prefault({}).describe('Second stage: scores proposals and refines their boxes.'),
  auxiliaryWeight: weight
    .default(1)
    .describe('Weight of an auxiliary loss: maps of nuclei and their borders; 0 switches it off.'),
  detections: Detections.prefault({}).describe('Which detections are kept.'),
});

const Tiles = z.strictObject({
  size: z
    .int()
    .min(64)
    .default(512)
    .describe(
      'Side of a square tile, px of the network input. Prediction fits tiles to the image, up to 5 times as large; ' +
        '`preNmsTopK`, `postNmsTopK` and `maxPerTile` grow with them.',
    ),
  overlap: z
    .int()
    .min(0)
    .default(128)
    .describe('Overlap of neighbouring tiles, px of the network input; larger nuclei may be cut.'),
});

const Scoring = z.strictObject({
  images: z
    .int()
    .min(0)
    .default(0)
    .describe('Images of the validation fold that are scored, drawn by the seed; 0 takes all.'),
});

/** A detector, how it is trained, and how it predicts. */
export const DetectorConfig = z.strictObject({
  task: z.literal('detector').describe('Which network to train: `detector` finds boxes of nuclei.'),
  ...training,
  loader: DetectionLoader.prefault({}).describe('The crops that it is trained on.'),
  model: Model.prefault({}).describe('The network.'),
  tiles: Tiles.prefault({}).describe('How an image of any size is cut into tiles for prediction.'),
  scoring: Scoring.prefault({}).describe('How it is scored on the validation fold.'),
});

/** A resolved {@link DetectorConfig}: every key has a value. */
export type DetectorConfig = z.output<typeof DetectorConfig>;
