import { tf } from '../tf.js';
import {
  type Activation,
  type ConvolutionOptions,
  NormConvolution,
  ScaledResidual,
  scaleChannels,
} from './layers.js';

/** `[N, H, W, C]` without values. */
export type Features = tf.SymbolicTensor;

type Kernel = ConvolutionOptions['kernelSize'];
type Padding = ConvolutionOptions['padding'];

/** The layers that Inception-ResNetV2 is made of; `F` is whatever represents features. */
export interface BlockLayers<F> {
  /** With normalization and relu; by default with stride 1 and padding `same`. */
  readonly convolution: (
    x: F,
    name: string,
    filters: number,
    kernelSize: Kernel,
    window?: { readonly stride?: number; readonly padding?: Padding },
  ) => F;
  /** 3 x 3 px, stride 2. */
  readonly maxPool: (x: F, name: string, padding: Padding) => F;
  /** 3 x 3 px, stride 1. */
  readonly averagePool: (x: F, name: string) => F;
  readonly concatenate: (branches: F[], name: string) => F;
  readonly residual: (trunk: F, branch: F, name: string, scale: number, activation: Activation) => F;
}

/** Options of all layers of a network. */
export interface BlockOptions {
  readonly seed: number | null;
  /** Multiplies all channels; 1 is the published network. */
  readonly width: number;
  /** Fraction of the moving statistics that a training step keeps, from 0 to 1; default: Keras's 0.99. */
  readonly normMomentum?: number;
}

export function makeBlockLayers({ seed, width, normMomentum }: BlockOptions): BlockLayers<Features> {
  const momentum = normMomentum === undefined ? {} : { momentum: normMomentum };
  return {
    convolution: (x, name, channels, kernelSize, { stride = 1, padding = 'same' } = {}) => {
      const filters = scaleChannels(channels, width);
      const options = { name, filters, kernelSize, stride, padding, activation: 'relu', seed } as const;
      return new NormConvolution({ ...options, ...momentum }).apply(x) as Features;
    },
    maxPool: (x, name, padding) =>
      tf.layers.maxPooling2d({ name, poolSize: 3, strides: 2, padding }).apply(x) as Features,
    averagePool: (x, name) =>
      tf.layers.averagePooling2d({ name, poolSize: 3, strides: 1, padding: 'same' }).apply(x) as Features,
    concatenate: (branches, name) => tf.layers.concatenate({ name, axis: 3 }).apply(branches) as Features,
    residual: (trunk, branch, name, scale, activation) =>
      new ScaledResidual({ name, scale, activation, seed }).apply([trunk, branch]) as Features,
  };
}

// The sizes below are for images of 256 x 256 px, padding `valid` and width 1.

/** 60 x 60 x 192, before the second pooling. */
export function stem<F>({ convolution, maxPool }: BlockLayers<F>, images: F, padding: Padding): F {
  let x = convolution(images, 'stem_conv1', 32, 3, { stride: 2, padding }); // 127 x 127 x 32
  x = convolution(x, 'stem_conv2', 32, 3, { padding }); // 125 x 125 x 32
  x = convolution(x, 'stem_conv3', 64, 3); // 125 x 125 x 64
  x = maxPool(x, 'stem_pool1', padding); // 62 x 62 x 64
  x = convolution(x, 'stem_conv4', 80, 1, { padding }); // 62 x 62 x 80
  return convolution(x, 'stem_conv5', 192, 3, { padding }); // 60 x 60 x 192
}

/** The second pooling and Mixed 5b (Inception-A): 29 x 29 x 320. */
export function mixed5b<F>(
  { convolution, concatenate, maxPool, averagePool }: BlockLayers<F>,
  stemFeatures: F,
  padding: Padding,
): F {
  const x = maxPool(stemFeatures, 'stem_pool2', padding); // 29 x 29 x 192
  const branch0 = convolution(x, 'mixed_5b_0_conv1', 96, 1);
  let branch1 = convolution(x, 'mixed_5b_1_conv1', 48, 1);
  branch1 = convolution(branch1, 'mixed_5b_1_conv2', 64, 5);
  let branch2 = convolution(x, 'mixed_5b_2_conv1', 64, 1);
  branch2 = convolution(branch2, 'mixed_5b_2_conv2', 96, 3);
  branch2 = convolution(branch2, 'mixed_5b_2_conv3', 96, 3);
  let branch3 = averagePool(x, 'mixed_5b_3_pool');
  branch3 = convolution(branch3, 'mixed_5b_3_conv1', 64, 1);
  return concatenate([branch0, branch1, branch2, branch3], 'mixed_5b');
}

/** Inception-ResNet-A: 29 x 29 x 320. */
export function block35<F>({ convolution, concatenate, residual }: BlockLayers<F>, x: F, index: number): F {
  const block = `block35_${index}`;
  const branch0 = convolution(x, `${block}_0_conv1`, 32, 1);
  let branch1 = convolution(x, `${block}_1_conv1`, 32, 1);
  branch1 = convolution(branch1, `${block}_1_conv2`, 32, 3);
  let branch2 = convolution(x, `${block}_2_conv1`, 32, 1);
  branch2 = convolution(branch2, `${block}_2_conv2`, 48, 3);
  branch2 = convolution(branch2, `${block}_2_conv3`, 64, 3);
  const mixed = concatenate([branch0, branch1, branch2], `${block}_mixed`);
  return residual(x, mixed, `${block}_conv`, 0.17, 'relu');
}

/** Mixed 6a (Reduction-A): 14 x 14 x 1088. */
export function mixed6a<F>({ convolution, concatenate, maxPool }: BlockLayers<F>, x: F, padding: Padding): F {
  const branch0 = convolution(x, 'mixed_6a_0_conv1', 384, 3, { stride: 2, padding });
  let branch1 = convolution(x, 'mixed_6a_1_conv1', 256, 1);
  branch1 = convolution(branch1, 'mixed_6a_1_conv2', 256, 3);
  branch1 = convolution(branch1, 'mixed_6a_1_conv3', 384, 3, { stride: 2, padding });
  return concatenate([branch0, branch1, maxPool(x, 'mixed_6a_2_pool', padding)], 'mixed_6a');
}

/** Inception-ResNet-B: 14 x 14 x 1088. */
export function block17<F>({ convolution, concatenate, residual }: BlockLayers<F>, x: F, index: number): F {
  const block = `block17_${index}`;
  const branch0 = convolution(x, `${block}_0_conv1`, 192, 1);
  let branch1 = convolution(x, `${block}_1_conv1`, 128, 1);
  branch1 = convolution(branch1, `${block}_1_conv2`, 160, [1, 7]);
  branch1 = convolution(branch1, `${block}_1_conv3`, 192, [7, 1]);
  const mixed = concatenate([branch0, branch1], `${block}_mixed`);
  return residual(x, mixed, `${block}_conv`, 0.1, 'relu');
}

/** Mixed 7a (Reduction-B): 6 x 6 x 2080. */
export function mixed7a<F>({ convolution, concatenate, maxPool }: BlockLayers<F>, x: F, padding: Padding): F {
  let branch0 = convolution(x, 'mixed_7a_0_conv1', 256, 1);
  branch0 = convolution(branch0, 'mixed_7a_0_conv2', 384, 3, { stride: 2, padding });
  let branch1 = convolution(x, 'mixed_7a_1_conv1', 256, 1);
  branch1 = convolution(branch1, 'mixed_7a_1_conv2', 288, 3, { stride: 2, padding });
  let branch2 = convolution(x, 'mixed_7a_2_conv1', 256, 1);
  branch2 = convolution(branch2, 'mixed_7a_2_conv2', 288, 3);
  branch2 = convolution(branch2, 'mixed_7a_2_conv3', 320, 3, { stride: 2, padding });
  return concatenate([branch0, branch1, branch2, maxPool(x, 'mixed_7a_3_pool', padding)], 'mixed_7a');
}

/** `count` blocks Inception-ResNet-C: 6 x 6 x 2080. The last one has scale 1 and no activation. */
export function blocks8<F>(
  { convolution, concatenate, residual }: BlockLayers<F>,
  features: F,
  count: number,
): F {
  let x = features;
  for (let index = 1; index <= count; index++) {
    const block = `block8_${index}`;
    const branch0 = convolution(x, `${block}_0_conv1`, 192, 1);
    let branch1 = convolution(x, `${block}_1_conv1`, 192, 1);
    branch1 = convolution(branch1, `${block}_1_conv2`, 224, [1, 3]);
    branch1 = convolution(branch1, `${block}_1_conv3`, 256, [3, 1]);
    const mixed = concatenate([branch0, branch1], `${block}_mixed`);
    const isLast = index === count;
    x = residual(x, mixed, `${block}_conv`, isLast ? 1 : 0.2, isLast ? 'linear' : 'relu');
  }
  return x;
}

/** 6 x 6 x 1536. */
export const conv7b = <F>({ convolution }: BlockLayers<F>, x: F): F => convolution(x, 'conv_7b', 1536, 1);
