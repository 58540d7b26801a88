import type { DetectorConfig } from '../../config/detector.js';
import type { LossParts } from '../../ops/gradients.js';
import { roiAlign } from '../../ops/roi-align.js';
import { roiAlignInference } from '../../ops/roi-align-inference.js';
import { tf } from '../../tf.js';
import type { ModelWeights } from '../weights.js';
import { anchorsPerLevel, type AnchorGrid } from './anchors.js';
import { auxiliaryLoss } from './auxiliary-loss.js';
import type { BoxRegression } from './box-regression.js';
import { type DetectionTensors, makeDetections } from './detections.js';
import { buildDetectorNetwork, type DetectorNetworkOptions } from './network.js';
import { makeProposals, type ProposalOptions } from './proposals.js';
import type { GroundTruth } from './ground-truth.js';
import { roiLosses } from './roi-loss.js';
import { sampleRois } from './roi-targets.js';
import { rpnLosses, type RpnLossOptions } from './rpn-loss.js';

type Model = DetectorConfig['model'];

/** A batch for {@link Detector.losses}. N = images, S = their side in px, M = room for gtBoxes. */
export interface DetectorInputs extends GroundTruth {
  /** `[N, S, S, 3]` float32 from -1 to 1. */
  readonly images: tf.Tensor4D;
  /** Uniform numbers in [0, 1), shaped as {@link Detector.randomKeys} says. */
  readonly anchorKeys: tf.Tensor2D;
  readonly roiKeys: tf.Tensor2D;
  /** `[N, s, s, 2]` and `[N, s, s]` of `auxiliaryTargets`; absent where `auxiliaryWeight` is 0. */
  readonly mapTargets?: tf.Tensor4D;
  readonly mapWeights?: tf.Tensor3D;
}

/** Faster R-CNN on Inception-ResNetV2. Trains on square images of one size, detects in images of any. */
export interface Detector {
  readonly weights: ModelWeights;
  /** px of the image for a cell of the finest features. */
  readonly finestStride: number;
  /** The smallest possible shapes of the random numbers for {@link losses}. */
  randomKeys(
    images: number,
    maxBoxes: number,
  ): { readonly anchors: readonly [number, number]; readonly rois: readonly [number, number] };
  /**
   * The training loss and its parts, see {@link detectorLossNames}. Updates the normalization's moving statistics unless
   * they are frozen. The caller disposes the results.
   */
  losses(inputs: DetectorInputs): LossParts;
  /**
   * Finds the nuclei of a batch.
   *
   * @param images `[N, H, W, 3]` float32 from -1 to 1; multiples of the largest stride. Above S x S px there is room for
   *   more proposals and detections, in proportion.
   * @returns The caller disposes it.
   */
  detect(images: tf.Tensor4D): Found;
  dispose(): void;
}

/** Detections, and the proposals that they are made from. */
export interface Found extends DetectionTensors {
  /** `[N, R, 4]` `xyxy` px, best first; 0 where there is none. */
  readonly proposals: tf.Tensor3D;
  /** `[N, R]` float32, probability of a nucleus; 0 where there is none. */
  readonly proposalScores: tf.Tensor2D;
  /** Of everything that the network says about the batch: NaN or infinite if any of it is, which boxes and scores hide. */
  readonly outputSum: tf.Scalar;
}

/** The parts of the loss, in the order of display. */
export const detectorLossNames = ({ auxiliaryWeight }: Pick<Model, 'auxiliaryWeight'>): string[] => [
  'objectness',
  'proposalBoxes',
  'classes',
  'boxes',
  ...(auxiliaryWeight > 0 ? ['maps'] : []),
];

export interface DetectorSettings {
  /** S: side of the images in px, a multiple of 32. */
  readonly size: number;
  /** Of the initial weights, which depend only on it and on the layers' names. */
  readonly seed: number | null;
}

/** @returns The caller disposes it. */
export function buildDetector(model: Model, { size, seed }: DetectorSettings): Detector {
  const network = buildDetectorNetwork(networkOptions(model, { size, seed }));
  const grid: AnchorGrid = { size: [size, size], levels: model.levels };
  const [finest] = network.levels;
  const { rpn, proposals, boxHead, detections, auxiliaryWeight } = model;
  const training = { training: model.normalization === 'batch' };
  const pooling = { ...boxHead, outputSize: boxHead.poolSize, spatialScale: 1 / finest!.stride };
  const rpnRegression = regressionOf(rpn.boxLoss);
  const headRegression = regressionOf(boxHead.boxLoss);
  const rpnLossOptions: RpnLossOptions = {
    match: { positiveIou: rpn.positiveIou, negativeIou: rpn.negativeIou, forceBest: true },
    choice:
      rpn.loss === 'dense'
        ? { kind: 'dense', alpha: rpn.focalAlpha, gamma: rpn.focalGamma }
        : {
            kind: 'sampled',
            batchSizePerImage: rpn.batchSizePerImage,
            positiveFraction: rpn.positiveFraction,
          },
    ...rpnRegression,
  };
  const { nmsThreshold, minBoxSize } = proposals;
  const proposalOptions = (preNmsTopK: number, postNmsTopK: number): ProposalOptions => ({
    preNmsTopK,
    postNmsTopK,
    nmsThreshold,
    minBoxSize,
    boxWeights: rpnRegression.boxWeights,
  });
  const anchors = anchorsPerLevel(grid).reduce((sum, count) => sum + count, 0);

  return {
    weights: network.weights,
    finestStride: finest!.stride,
    randomKeys: (images, maxBoxes) => ({
      anchors: [images, rpn.loss === 'dense' ? 1 : anchors],
      rois: [images, Math.min(proposals.trainPostNmsTopK, proposals.trainPreNmsTopK, anchors) + maxBoxes],
    }),

    losses: ({ images, anchorKeys, roiKeys, mapTargets, mapWeights, ...truth }) =>
      tf.tidy(() => {
        const levels = network.features(images, training);
        const predictions = network.propose(levels);
        const rpnParts = rpnLosses(predictions, truth, grid, anchorKeys, rpnLossOptions);
        const options = proposalOptions(proposals.trainPreNmsTopK, proposals.trainPostNmsTopK);
        const targets = sampleRois(makeProposals(predictions, grid, options), truth, roiKeys, {
          batchSizePerImage: boxHead.batchSizePerImage,
          positiveFraction: boxHead.positiveFraction,
          positiveIou: boxHead.positiveIou,
        });
        const pooled = roiAlign(levels[0]!.features, targets.rois, pooling);
        const { logits: roiLogits, deltas: roiDeltas } = network.boxHead(pooled, training);
        const headParts = roiLosses({ roiLogits, roiDeltas }, targets, {
          positiveLabel: boxHead.softLabels ? 'iou' : 'one',
          ...headRegression,
        });
        const parts = {
          objectness: rpnParts.objectness.mul<tf.Scalar>(rpn.objectnessWeight),
          proposalBoxes: rpnParts.boxes.mul<tf.Scalar>(rpn.boxWeight),
          classes: headParts.classes.mul<tf.Scalar>(boxHead.classWeight),
          boxes: headParts.boxes.mul<tf.Scalar>(boxHead.boxWeight),
          ...(auxiliaryWeight > 0 && {
            maps: auxiliaryLoss(network.auxiliary(levels), mapTargets!, mapWeights!).mul<tf.Scalar>(
              auxiliaryWeight,
            ),
          }),
        };
        return { loss: tf.addN<tf.Scalar>(Object.values(parts)), ...parts };
      }),

    detect: (images) =>
      tidy(() => {
        const [, height, width] = images.shape;
        const room = (count: number) => Math.max(count, Math.round((count * height * width) / size ** 2));
        const levels = network.features(images, { training: false });
        const ofImage: AnchorGrid = { size: [height, width], levels: model.levels };
        const options = proposalOptions(room(proposals.preNmsTopK), room(proposals.postNmsTopK));
        const predictions = network.propose(levels);
        const found = makeProposals(predictions, ofImage, options);
        const pooled = roiAlignInference(levels[0]!.features, found.rois, pooling);
        const { logits: roiLogits, deltas: roiDeltas } = network.boxHead(pooled, { training: false });
        const kept = {
          ...detections,
          maxPerTile: room(detections.maxPerTile),
          size: ofImage.size,
          boxWeights: headRegression.boxWeights,
          minBoxSize,
        };
        return {
          ...makeDetections(found, { roiLogits, roiDeltas }, kept),
          proposals: found.rois,
          proposalScores: found.scores,
          outputSum: tf.addN([
            ...Object.values(predictions).map((output) => output.sum<tf.Scalar>()),
            ...[roiLogits, roiDeltas].map((output) => output.sum<tf.Scalar>()),
          ]),
        };
      }),

    dispose: () => network.dispose(),
  };
}

/** `tf.tidy` for an interface of tensors: without an index signature the compiler does not accept it as a container. */
const tidy = (work: () => Found): Found => tf.tidy<Found & tf.NamedTensorMap>(() => ({ ...work() }));

/** Options of the networks for the config of a model. */
export function networkOptions(model: Model, { size, seed }: DetectorSettings): DetectorNetworkOptions {
  const { backbone, levels, rpn, boxHead } = model;
  const { block35, block17, block8 } = backbone;
  const shared = {
    size,
    seed,
    normMomentum: model.normMomentum,
    backbone: { width: backbone.width, blocks: { block35, block17, block8 } },
    rpn: {
      channels: rpn.channels,
      anchorsPerCell: levels.map(({ sizes, aspectRatios: ratios }) => sizes.length * ratios.length),
      priorProbability,
    },
    auxiliary: model.auxiliaryWeight > 0,
  };
  const strides = levels.map(({ stride }) => stride);
  return model.kind === 'pyramid'
    ? {
        ...shared,
        kind: 'pyramid',
        pyramid: { channels: model.pyramidChannels, strides },
        boxHead: { poolSize: boxHead.poolSize, units: boxHead.units },
      }
    : {
        ...shared,
        kind: 'single',
        stride: strides[0] === 8 ? 8 : 16,
        boxHead: { poolSize: boxHead.poolSize },
      };
}

/** Lin et al., arXiv 1708.02002, section 4.1. */
const priorProbability = 0.01;

/**
 * Smooth L1 needs deltas of about 1, hence the weights (Girshick et al.). With beta 1/9, as in detectron2's first stage,
 * the loss is linear even for nuclei a few px wide. GIoU compares boxes, so the scale of the deltas does not matter.
 */
export const regressionOf = (kind: Model['rpn']['boxLoss']): BoxRegression =>
  kind === 'smooth-l1'
    ? { boxLoss: { kind, beta: 1 / 9 }, boxWeights: [10, 10, 5, 5] }
    : { boxLoss: { kind }, boxWeights: [1, 1, 1, 1] };
