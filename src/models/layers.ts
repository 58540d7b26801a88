import { batchNormTraining } from '../ops/batch-norm.js';
import { convolve } from '../ops/convolution.js';
import { relu } from '../ops/relu.js';
import { seedFor } from '../random.js';
import { tf } from '../tf.js';

/** Height and width in px of the layer's input. */
type Size = readonly [height: number, width: number];

export type Activation = 'relu' | 'linear';

/** Channels at a width: the nearest multiple of 8, which is fast on vector units, and at least 8. */
export const scaleChannels = (channels: number, width: number): number =>
  Math.max(8, 8 * Math.round((channels * width) / 8));

export interface ConvolutionOptions {
  /** Unique in the model; weights are named by it. */
  readonly name: string;
  readonly filters: number;
  /** A number is the side of a square. */
  readonly kernelSize: number | Size;
  readonly stride: number;
  readonly padding: 'same' | 'valid';
  readonly activation: Activation;
  /**
   * Distribution of the initial kernel: Glorot's uniform one (the default), He's truncated normal one for layers with a
   * relu, or a truncated normal one with this standard deviation.
   */
  readonly initialKernel?: 'glorot' | 'he' | number;
  /** The initial kernel depends only on it and the name; null means zeros, for weights that are read from a file. */
  readonly seed: number | null;
}

export interface BiasedConvolutionOptions extends ConvolutionOptions {
  /** Initial value of each bias; default 0. */
  readonly initialBias?: number;
}

/**
 * Convolution, bias and activation of `[N, H, W, C]` float32, in operations that a compiled step fuses into one.
 *
 * Weights: `<name>/kernel` `[h, w, C, filters]` and `<name>/bias` `[filters]`.
 */
export class Convolution extends tf.layers.Layer {
  static readonly className = 'Convolution';
  #kernel!: tf.LayerVariable;
  #bias!: tf.LayerVariable;

  constructor(readonly options: BiasedConvolutionOptions) {
    super({ name: options.name });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const { filters, initialBias: value = 0 } = this.options;
    const initializer = kernelInitializer(this.options);
    this.#kernel = this.addWeight('kernel', kernelShape(inputShape, this.options), 'float32', initializer);
    this.#bias = this.addWeight('bias', [filters], 'float32', tf.initializers.constant({ value }));
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const bias = this.#bias.read() as tf.Tensor1D;
    return convolve(only(inputs), this.#kernel.read() as tf.Tensor4D, { ...this.options, bias });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return outputShape(inputShape, this.options);
  }
}

/** Keras's defaults for batch normalization, with which the published Inception-ResNetV2 weights were trained. */
const normalization = { epsilon: 1e-3, momentum: 0.99 };

export interface NormConvolutionOptions extends ConvolutionOptions {
  /** Fraction of the moving statistics that a training step keeps, from 0 to 1; default 0.99. */
  readonly momentum?: number;
}

/**
 * Convolution without a bias, batch normalization without a scale, and activation of `[N, H, W, C]` float32.
 *
 * With `training: true` it normalizes by the statistics of the batch and updates its moving statistics. Otherwise it is
 * frozen: the moving statistics are folded into the kernel and a bias, so that it needs one product of the size of the
 * kernel instead of two of the size of the features. The gradients are the same.
 *
 * Weights: `<name>/kernel` `[h, w, C, filters]`, `<name>/beta`, `<name>/moving_mean`, `<name>/moving_variance`
 * `[filters]`, the last two not trainable.
 */
export class NormConvolution extends tf.layers.Layer {
  static readonly className = 'NormConvolution';
  #kernel!: tf.LayerVariable;
  #beta!: tf.LayerVariable;
  #mean!: tf.LayerVariable;
  #variance!: tf.LayerVariable;

  constructor(readonly options: NormConvolutionOptions) {
    super({ name: options.name });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const shape = [this.options.filters];
    const initializer = kernelInitializer(this.options);
    const zeros = tf.initializers.zeros();
    const ones = tf.initializers.ones();
    this.#kernel = this.addWeight('kernel', kernelShape(inputShape, this.options), 'float32', initializer);
    this.#beta = this.addWeight('beta', shape, 'float32', zeros);
    this.#mean = this.addWeight('moving_mean', shape, 'float32', zeros, undefined, false);
    this.#variance = this.addWeight('moving_variance', shape, 'float32', ones, undefined, false);
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[], { training }: { training?: boolean }): tf.Tensor {
    return tf.tidy(() =>
      training === true ? this.#callTraining(only(inputs)) : this.#callFrozen(only(inputs)),
    );
  }

  #callTraining(x: tf.Tensor4D): tf.Tensor4D {
    const features = convolve(x, this.#kernel.read() as tf.Tensor4D, {
      ...this.options,
      activation: 'linear',
    });
    const { y, movingMean, movingVariance } = batchNormTraining(
      features,
      {
        scale: tf.ones([this.options.filters]),
        offset: this.#beta.read() as tf.Tensor1D,
        movingMean: this.#mean.read() as tf.Tensor1D,
        movingVariance: this.#variance.read() as tf.Tensor1D,
      },
      { epsilon: normalization.epsilon, momentum: this.options.momentum ?? normalization.momentum },
    );
    this.#mean.write(movingMean);
    this.#variance.write(movingVariance);
    return this.options.activation === 'relu' ? relu(y) : y;
  }

  #callFrozen(x: tf.Tensor4D): tf.Tensor4D {
    const [kernel, bias] = this.folded();
    return convolve(x, kernel, { ...this.options, bias });
  }

  /** Kernel and bias of the convolution that equals the frozen layer; the caller disposes them. */
  folded(): [kernel: tf.Tensor4D, bias: tf.Tensor1D] {
    return tf.tidy(() => {
      const scale = tf.rsqrt(tf.add(this.#variance.read(), normalization.epsilon));
      const bias = tf.sub<tf.Tensor1D>(this.#beta.read(), tf.mul(this.#mean.read(), scale));
      return [tf.mul<tf.Tensor4D>(this.#kernel.read(), scale), bias];
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return outputShape(inputShape, this.options);
  }
}

export interface ResidualOptions extends Omit<
  ConvolutionOptions,
  'filters' | 'kernelSize' | 'stride' | 'padding'
> {
  /** Factor of the branch. */
  readonly scale: number;
}

/**
 * activation(trunk + scale (conv1x1(branch) + bias)) of `[trunk, branch]`, `[N, H, W, C]` and `[N, H, W, B]` float32.
 *
 * The kernel and the bias are scaled instead of the features, which is the same up to rounding.
 *
 * Weights: `<name>/kernel` `[1, 1, B, C]` and `<name>/bias` `[C]`.
 */
export class ScaledResidual extends tf.layers.Layer {
  static readonly className = 'ScaledResidual';
  #kernel!: tf.LayerVariable;
  #bias!: tf.LayerVariable;

  constructor(readonly options: ResidualOptions) {
    super({ name: options.name });
  }

  override build(inputShape: tf.Shape | tf.Shape[]): void {
    const [trunk, branch] = inputShape as [tf.Shape, tf.Shape];
    const shape = [1, 1, branch[3]!, trunk[3]!];
    this.#kernel = this.addWeight('kernel', shape, 'float32', kernelInitializer(this.options));
    this.#bias = this.addWeight('bias', [trunk[3]!], 'float32', tf.initializers.zeros());
    super.build(inputShape);
  }

  override call(inputs: tf.Tensor | tf.Tensor[]): tf.Tensor {
    const { scale, activation } = this.options;
    return tf.tidy(() => {
      const [trunk, branch] = inputs as [tf.Tensor4D, tf.Tensor4D];
      const kernel = this.#kernel.read().mul<tf.Tensor4D>(scale);
      const bias = this.#bias.read().mul<tf.Tensor1D>(scale);
      return convolve(branch, kernel, { stride: 1, padding: 'same', activation, bias, trunk });
    });
  }

  override computeOutputShape(inputShape: tf.Shape | tf.Shape[]): tf.Shape {
    return (inputShape as tf.Shape[])[0]!;
  }
}

function kernelInitializer({
  name,
  seed: runSeed,
  initialKernel = 'glorot',
}: Pick<ConvolutionOptions, 'name' | 'seed' | 'initialKernel'>) {
  if (runSeed === null) return tf.initializers.zeros();
  const seed = seedFor(runSeed, name);
  if (initialKernel === 'glorot') return tf.initializers.glorotUniform({ seed });
  if (initialKernel === 'he') return tf.initializers.heNormal({ seed });
  return tf.initializers.truncatedNormal({ stddev: initialKernel, seed });
}

const sizeOf = (size: number | Size): Size => (typeof size === 'number' ? [size, size] : size);

const kernelShape = (inputShape: tf.Shape | tf.Shape[], { kernelSize, filters }: ConvolutionOptions) => [
  ...sizeOf(kernelSize),
  (inputShape as tf.Shape)[3]!,
  filters,
];

function outputShape(
  inputShape: tf.Shape | tf.Shape[],
  { filters, kernelSize, stride, padding }: ConvolutionOptions,
): tf.Shape {
  const [batch, ...sides] = inputShape as [number | null, number | null, number | null, number];
  const size = sizeOf(kernelSize);
  const [height, width] = [0, 1].map((axis) => {
    const side = sides[axis];
    if (side === null || side === undefined) return null;
    return Math.ceil((padding === 'same' ? side : side - size[axis]! + 1) / stride);
  });
  return [batch, height!, width!, filters];
}

const only = (inputs: tf.Tensor | tf.Tensor[]) =>
  (Array.isArray(inputs) ? inputs[0]! : inputs) as tf.Tensor4D;
