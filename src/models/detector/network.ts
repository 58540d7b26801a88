import { networkChannels } from '../../data/image/network-pixels.js';
import { tf } from '../../tf.js';
import { type BlockCounts, inceptionResNetV2Taps } from '../inception-resnet-v2.js';
import { type ModelWeights, weightsOf } from '../weights.js';
import { buildAuxiliaryHead } from './auxiliary-head.js';
import { buildDeepBoxHead, buildDenseBoxHead } from './box-head.js';
import { buildPyramid } from './pyramid.js';
import { distinctAnchorCounts, buildRpnHead } from './rpn-head.js';

interface SharedOptions {
  /** S: side of the images in px, a multiple of 32. */
  readonly size: number;
  readonly seed: number | null;
  /** Fraction of the normalization's moving statistics that a training step keeps, from 0 to 1. */
  readonly normMomentum: number;
  readonly backbone: {
    /** Multiplies all channels of Inception-ResNetV2. */
    readonly width: number;
    readonly blocks: BlockCounts;
  };
  readonly rpn: {
    /** Of the 3 x 3 convolution. */
    readonly channels: number;
    /** Number at each px of the features, by level, finest first. */
    readonly anchorsPerCell: readonly number[];
    /** Probability of an object that the untrained network predicts for every anchor. */
    readonly priorProbability: number;
  };
  /** Whether there is a head for foreground and border. */
  readonly auxiliary: boolean;
}

/** A feature pyramid, and a light second stage on its finest level. */
export interface PyramidDetectorOptions extends SharedOptions {
  readonly kind: 'pyramid';
  /** `strides` in px, each twice the one before, of 4, 8, 16 and 32. */
  readonly pyramid: { readonly channels: number; readonly strides: readonly number[] };
  /** `poolSize` P in px of the features; `units` of each dense layer. */
  readonly boxHead: { readonly poolSize: number; readonly units: readonly number[] };
}

/** The detector of the literature: one feature map, and the rest of Inception-ResNetV2 as its second stage. */
export interface SingleDetectorOptions extends SharedOptions {
  readonly kind: 'single';
  /** Of the feature map in px: 16 = after block17, 8 = after block35. */
  readonly stride: 8 | 16;
  readonly boxHead: { readonly poolSize: number };
}

export type DetectorNetworkOptions = PyramidDetectorOptions | SingleDetectorOptions;

/** Features at one resolution. */
export interface FeatureLevel {
  /** px of the image between neighbouring px of the features. */
  readonly stride: number;
  /** `[N, S / stride, S / stride, C]` */
  readonly features: tf.Tensor4D;
}

export interface NetworkMode {
  /**
   * Whether normalization uses the statistics of the batch and updates its moving statistics. Otherwise it is frozen: it
   * uses the moving statistics, with gradients by all other weights.
   */
  readonly training: boolean;
}

/**
 * The networks of the detector, without anchors, losses and boxes.
 *
 * N images, A anchors of all levels, R regions of each image, P x P px of C channels pooled from each region. The
 * caller disposes all results.
 */
export interface DetectorNetwork {
  /** Of all parts, by the names of their layers. */
  readonly weights: ModelWeights;
  /** The models behind the functions below, for export. */
  readonly models: {
    readonly features: tf.LayersModel;
    readonly rpnHead: tf.LayersModel;
    readonly boxHead: tf.LayersModel;
  };
  /** The levels of {@link features}, finest first. */
  readonly levels: readonly { readonly stride: number; readonly size: number; readonly channels: number }[];

  /**
   * @param images `[N, S, S, 3]` float32 from -1 to 1.
   * @returns Finest level first.
   */
  features(images: tf.Tensor4D, mode: NetworkMode): FeatureLevel[];

  /**
   * @returns `objectnessLogits` `[N, A]` and `deltas` `[N, A, 4]`, by level, then row, column and anchor of the cell.
   */
  propose(levels: readonly FeatureLevel[]): { objectnessLogits: tf.Tensor2D; deltas: tf.Tensor3D };

  /**
   * @param roiFeatures `[N, R, P, P, C]`, pooled from the finest level.
   * @returns `logits` `[N, R]` of being a nucleus, and `deltas` `[N, R, 4]`.
   */
  boxHead(roiFeatures: tf.Tensor5D, mode: NetworkMode): { logits: tf.Tensor2D; deltas: tf.Tensor3D };

  /**
   * @returns Logits `[N, h, w, 2]` of foreground and border at the finest level.
   * @throws {RangeError} If the network was built without that head.
   */
  auxiliary(levels: readonly FeatureLevel[]): tf.Tensor4D;

  dispose(): void;
}

/**
 * Builds the detector's networks on Inception-ResNetV2 with aligned feature maps.
 *
 * @returns Weights depend only on the seed and the names of the layers. The caller disposes it.
 * @throws {RangeError} If the size is not a multiple of 32, or the number of anchor counts is not that of the levels.
 */
export function buildDetectorNetwork(options: DetectorNetworkOptions): DetectorNetwork {
  const { size, seed, rpn } = options;
  if (size % 32 !== 0) throw new RangeError(`Expected \`size\` to be a multiple of 32, received ${size}`);
  const backbone = buildFeatures(options);
  const levels = backbone.outputs.map(({ shape }) => ({
    stride: size / shape[1]!,
    size: shape[1]!,
    channels: shape[3]!,
  }));
  if (rpn.anchorsPerCell.length !== levels.length) {
    throw new RangeError(
      `Expected \`anchorsPerCell\` to have ${levels.length} numbers, received ${rpn.anchorsPerCell.length}`,
    );
  }
  const { channels } = levels[0]!;
  const rpnHead = buildRpnHead({ ...rpn, inputChannels: channels, seed });
  const boxHead = buildBoxHead(options, channels);
  const auxiliaryHead = options.auxiliary ? buildAuxiliaryHead({ channels, seed }) : undefined;
  const models = [backbone, rpnHead, boxHead, ...(auxiliaryHead ? [auxiliaryHead] : [])];

  return {
    weights: mergeWeights(models.map(weightsOf)),
    models: { features: backbone, rpnHead, boxHead },
    levels,

    features: (images, mode) =>
      outputsOf<tf.Tensor4D>(backbone, images, mode).map((features, index) => ({
        stride: levels[index]!.stride,
        features,
      })),

    propose: (levels) =>
      tf.tidy(() => {
        const counts = distinctAnchorCounts(rpn.anchorsPerCell);
        const found = levels.map(({ features }, index) => {
          const [images, height, width] = features.shape;
          const count = rpn.anchorsPerCell[index]!;
          const output = 2 * counts.indexOf(count);
          const results = outputsOf<tf.Tensor4D>(rpnHead, features);
          const anchors = height * width * count;
          return {
            objectnessLogits: results[output]!.reshape<tf.Tensor2D>([images, anchors]),
            deltas: results[output + 1]!.reshape<tf.Tensor3D>([images, anchors, 4]),
          };
        });
        return {
          objectnessLogits: tf.concat(
            found.map(({ objectnessLogits }) => objectnessLogits),
            1,
          ),
          deltas: tf.concat(
            found.map(({ deltas }) => deltas),
            1,
          ),
        };
      }),

    boxHead: (roiFeatures, mode) =>
      tf.tidy(() => {
        const [images, regions, ...shape] = roiFeatures.shape;
        const [logits, deltas] = outputsOf(boxHead, roiFeatures.reshape([images * regions, ...shape]), mode);
        return {
          logits: logits!.reshape<tf.Tensor2D>([images, regions]),
          deltas: deltas!.reshape<tf.Tensor3D>([images, regions, 4]),
        };
      }),

    auxiliary: (levels) => {
      if (!auxiliaryHead) throw new RangeError('Expected a network with `auxiliary`');
      return auxiliaryHead.apply(levels[0]!.features) as tf.Tensor4D;
    },

    dispose: () => models.forEach((model) => model.dispose()),
  };
}

/** The backbone with its pyramid, if any: a model of images with one output per level, finest first. */
function buildFeatures(options: DetectorNetworkOptions): tf.LayersModel {
  const { size, seed, normMomentum, backbone } = options;
  const images = tf.input({ name: 'images', shape: [size, size, networkChannels] });
  const shared = { ...backbone, seed, normMomentum, padding: 'same' } as const;
  if (options.kind === 'single') {
    const end = options.stride === 8 ? 'block35' : 'block17';
    const { features } = inceptionResNetV2Taps(images, { ...shared, end }).at(-1)!;
    return tf.model({ name: 'features', inputs: images, outputs: [features] });
  }
  const taps = inceptionResNetV2Taps(images, { ...shared, end: pyramidEnd(options.pyramid.strides) });
  const levels = buildPyramid(taps, { ...options.pyramid, seed, normMomentum });
  return tf.model({ name: 'features', inputs: images, outputs: levels.map(({ features }) => features) });
}

/** The last stage that a backbone needs for these strides, px. */
export function pyramidEnd(strides: readonly number[]): 'block35' | 'block17' | 'block8' {
  const coarsest = Math.max(...strides);
  if (coarsest > 16) return 'block8';
  return coarsest > 8 ? 'block17' : 'block35';
}

function buildBoxHead(options: DetectorNetworkOptions, channels: number): tf.LayersModel {
  const { seed, normMomentum, backbone } = options;
  if (options.kind === 'pyramid') return buildDenseBoxHead({ ...options.boxHead, channels, seed });
  const { width, blocks } = backbone;
  return buildDeepBoxHead({ ...options.boxHead, channels, width, block8: blocks.block8, seed, normMomentum });
}

function outputsOf<T extends tf.Tensor>(model: tf.LayersModel, x: tf.Tensor, mode?: NetworkMode): T[] {
  const outputs = model.apply(x, { ...mode }) as T | T[];
  return Array.isArray(outputs) ? outputs : [outputs];
}

const mergeWeights = (weights: readonly ModelWeights[]): ModelWeights => ({
  all: Object.assign({}, ...weights.map(({ all }) => all)) as ModelWeights['all'],
  trainable: Object.assign({}, ...weights.map(({ trainable }) => trainable)) as ModelWeights['trainable'],
});
