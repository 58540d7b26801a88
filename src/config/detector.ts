import { z } from 'zod';
import { DetectionLoader } from './loader.js';
import { training } from './training.js';

const share = z.number().min(0).max(1);
const weight = z.number().min(0);
const channels = z.int().min(8).max(4096);

const Backbone = z.strictObject({
  width: z
    .number()
    .positive()
    .max(2)
    .default(1)
    .describe("Channels of each layer, relative to Inception-ResNetV2's own (factor); rounded to eights."),
  block35: z.int().min(1).default(10).describe('Blocks at stride 8 (count; the published network: 10).'),
  block17: z.int().min(1).default(20).describe('Blocks at stride 16 (count; the published network: 20).'),
  block8: z
    .int()
    .min(1)
    .default(10)
    .describe('Blocks at stride 32, or of the second stage (count; the published network: 10).'),
});

const Level = z.strictObject({
  stride: z.union([4, 8, 16, 32].map((stride) => z.literal(stride))).describe('Of the feature map, px.'),
  sizes: z
    .array(z.number().positive())
    .min(1)
    .describe('Anchors: roots of their areas, px of the network input.'),
  aspectRatios: z
    .array(z.number().positive())
    .min(1)
    .default([1])
    .describe('Anchors: height over width, at each size (factor).'),
});

const Rpn = z.strictObject({
  channels: channels.default(128).describe('Channels (count) of its 3x3 convolution.'),
  loss: z
    .enum(['dense', 'sampled'])
    .default('dense')
    .describe(
      'What anchors learn from (a name): `dense` is the focal loss of all of them (arXiv 1708.02002), ' +
        '`sampled` the cross-entropy of a balanced sample (Faster R-CNN, arXiv 1506.01497).',
    ),
  boxLoss: z
    .enum(['giou', 'smooth-l1'])
    .default('giou')
    .describe('How boxes of positive anchors are compared with the nucleus (a name).'),
  positiveIou: share.default(0.5).describe('IoU with a nucleus from which an anchor is positive.'),
  negativeIou: share.default(0.4).describe('IoU below which it is negative; between the two it is neither.'),
  batchSizePerImage: z.int().min(2).default(256).describe('`sampled`: anchors (count) an image.'),
  positiveFraction: share.default(0.5).describe('`sampled`: largest share of positive ones.'),
  focalAlpha: share.default(0.25).describe('`dense`: share of the positive in the loss (Lin et al.: 0.25).'),
  focalGamma: weight.default(2).describe('`dense`: how much easy anchors are weighed down (no unit; 2).'),
  objectnessWeight: weight.default(1).describe('Weight of the objectness loss (factor).'),
  boxWeight: weight.default(1).describe('Weight of the box loss (factor).'),
});

const Proposals = z.strictObject({
  trainPreNmsTopK: z
    .int()
    .min(1)
    .default(1500)
    .describe('Surest anchors (count) before suppression, in training.'),
  trainPostNmsTopK: z.int().min(1).default(500).describe('Proposals (count) of a crop in training.'),
  preNmsTopK: z
    .int()
    .min(1)
    .default(2000)
    .describe('Surest anchors (count) of a tile before suppression, in prediction.'),
  postNmsTopK: z
    .int()
    .min(1)
    .default(500)
    .describe('Proposals (count) of a tile in prediction; DSB2018 images have up to 375 nuclei.'),
  nmsThreshold: share.default(0.7).describe('IoU above which the less sure proposal is dropped.'),
  minBoxSize: z
    .number()
    .min(0)
    .default(2)
    .describe('Narrower proposals are dropped, px of the network input.'),
});

const BoxHead = z.strictObject({
  poolSize: z
    .int()
    .min(2)
    .default(7)
    .describe('Side of the features cut out for a proposal (count of bins).'),
  samplingRatio: z
    .int()
    .min(1)
    .default(2)
    .describe('Points (count) along each side of a bin (He et al., arXiv 1703.06870).'),
  units: z
    .array(z.int().min(1))
    .default([256, 256])
    .describe('Outputs (count) of each fully connected layer; `single` has block8 instead.'),
  batchSizePerImage: z.int().min(2).default(128).describe('Proposals (count) of a crop that it learns from.'),
  positiveFraction: share.default(0.5).describe('Largest share of them that match a nucleus.'),
  positiveIou: share.default(0.5).describe('IoU with a nucleus from which a proposal matches it.'),
  softLabels: z
    .boolean()
    .default(true)
    .describe(
      'Whether a match is learnt as its IoU instead of as 1, so that scores tell how exact a box is.',
    ),
  boxLoss: z
    .enum(['giou', 'smooth-l1'])
    .default('giou')
    .describe('How refined boxes are compared with the nucleus (a name).'),
  classWeight: weight.default(1).describe('Weight of the class loss (factor).'),
  boxWeight: weight.default(1).describe('Weight of the box loss (factor).'),
});

const Detections = z.strictObject({
  maxPerTile: z.int().min(1).default(500).describe('Most detections (count) of a tile; more are reported.'),
  scoreThreshold: share.default(0.05).describe('Score at or below which a detection is dropped (no unit).'),
  nmsThreshold: share.default(0.5).describe('IoU above which the less sure of two detections is dropped.'),
  proposalWeight: share
    .default(0.3)
    .describe(
      'How much the first stage counts in the score (share of the geometric mean; Zhou et al., arXiv 2103.07461: 0.5).',
    ),
});

const Model = z.strictObject({
  kind: z
    .enum(['pyramid', 'single'])
    .default('pyramid')
    .describe(
      'Where anchors lie and what the second stage is (a name): a feature pyramid and a light head, or ' +
        'one feature map and the rest of Inception-ResNetV2 (as published).',
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
    .describe(
      'Feature maps with their anchors (px), from the finest to the coarsest, each half as fine as the one before.',
    ),
  pyramidChannels: channels.default(128).describe('Channels (count) of each map of the pyramid.'),
  normalization: z
    .enum(['batch', 'frozen'])
    .default('batch')
    .describe(
      'Whether batch normalization learns from each batch, or keeps its statistics (a name); `frozen` ends a ' +
        'training well, since prediction does the same.',
    ),
  normMomentum: share
    .default(0.98)
    .describe('Share of the moving statistics that a step keeps (no unit; Keras: 0.99).'),
  rpn: Rpn.prefault({}).describe('Region proposal network.'),
  proposals: Proposals.prefault({}).describe('What it hands on.'),
  boxHead: BoxHead.prefault({}).describe('Second stage.'),
  auxiliaryWeight: weight
    .default(1)
    .describe('Weight of maps of nuclei and their borders, learnt beside the boxes (factor); 0 is none.'),
  detections: Detections.prefault({}).describe('What is kept in the end.'),
});

const Tiles = z.strictObject({
  size: z.int().min(64).default(512).describe('Side of the tiles of an image, px of the network input.'),
  overlap: z
    .int()
    .min(0)
    .default(128)
    .describe('What neighbouring tiles share, px of the network input; larger nuclei may be cut.'),
});

const Scoring = z.strictObject({
  images: z
    .int()
    .min(0)
    .default(0)
    .describe('Images (count) of the validation fold that are scored, drawn by the seed; 0 takes all.'),
});

/** A detector, how it is trained, and how it predicts. */
export const DetectorConfig = z.strictObject({
  task: z
    .literal('detector')
    .describe('What to do (a name): `detector` trains the network that finds boxes.'),
  ...training,
  loader: DetectionLoader.prefault({}).describe('What it learns from.'),
  model: Model.prefault({}).describe('The network.'),
  tiles: Tiles.prefault({}).describe('How an image of any size is cut into tiles for prediction.'),
  scoring: Scoring.prefault({}).describe('How a validation is made.'),
});

/** A resolved {@link DetectorConfig}: every key has a value. */
export type DetectorConfig = z.output<typeof DetectorConfig>;
