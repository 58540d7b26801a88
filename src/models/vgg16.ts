import { networkChannels } from '../data/image/network-pixels.js';
import { tf } from '../tf.js';
import { Convolution, NormConvolution, scaleChannels } from './layers.js';

/** Number of convolutions of each block, and their output channels. */
export const blocks = [
  [2, 64],
  [2, 128],
  [3, 256],
  [3, 512],
  [3, 512],
] as const;

export interface Vgg16Shape {
  /** Multiplies the channels of every block; 1 is VGG16 as published. */
  readonly width: number;
  /** Number of blocks, 1 to 5. */
  readonly depth: number;
  /** Whether convolutions have batch normalization, as torchvision's `vgg16_bn`; the published ones have a bias. */
  readonly norm: boolean;
  /** Fraction of the moving statistics that a training step keeps, if convolutions are normalized. */
  readonly normMomentum: number;
  readonly seed: number | null;
}

/**
 * The blocks of VGG16 with poolings between them; returns the features of each block before its pooling.
 *
 * The layers are `block<b>_conv<i>`; their weights depend only on the seed and these names.
 *
 * @param images `[N, H, W, C]`.
 * @returns One for each block b from 1: `[N, H / 2^(b-1), W / 2^(b-1), 64 to 512 * width]`, rounded down.
 *
 * Source: Simonyan and Zisserman, arXiv 1409.1556, column D; layer names as Keras Applications (`VGG16`).
 */
export function vgg16Blocks(
  images: tf.SymbolicTensor,
  { width, depth, seed, ...normalization }: Vgg16Shape,
): tf.SymbolicTensor[] {
  const features: tf.SymbolicTensor[] = [];
  let x = images;
  for (const [block, [convolutions, channels]] of blocks.slice(0, depth).entries()) {
    if (block > 0) x = pool(x, block);
    const filters = scaleChannels(channels, width);
    for (let index = 1; index <= convolutions; index++) {
      const name = `block${block + 1}_conv${index}`;
      x = convolveBlock(x, { name, filters, seed }, normalization);
    }
    features.push(x);
  }
  return features;
}

/** One 3 x 3 convolution with relu, as in VGG16 and in the decoder. */
export function convolveBlock(
  x: tf.SymbolicTensor,
  layer: { readonly name: string; readonly filters: number; readonly seed: number | null },
  { norm, normMomentum: momentum }: Pick<Vgg16Shape, 'norm' | 'normMomentum'>,
): tf.SymbolicTensor {
  const form = {
    kernelSize: 3,
    stride: 1,
    padding: 'same',
    activation: 'relu',
    initialKernel: 'he',
  } as const;
  const options = { ...layer, ...form };
  const convolution = norm ? new NormConvolution({ ...options, momentum }) : new Convolution(options);
  return convolution.apply(x) as tf.SymbolicTensor;
}

const pool = (x: tf.SymbolicTensor, block: number) =>
  tf.layers
    .maxPooling2d({ name: `block${block}_pool`, poolSize: 2, strides: 2 })
    .apply(x) as tf.SymbolicTensor;

export interface Vgg16Options {
  /** Of the images in px; null leaves both open. */
  readonly size: readonly [height: number, width: number] | null;
  readonly seed: number | null;
}

/**
 * VGG16 as published, without its fully connected layers: features at 1/32 of the image's resolution.
 *
 * Input `[N, H, W, 3]` float32; output `[N, H/32, W/32, 512]`, rounded down.
 *
 * @returns The model; see {@link vgg16Blocks} for its weights. The caller disposes it.
 */
export function buildVgg16({ size, seed }: Vgg16Options): tf.LayersModel {
  const images = tf.input({ name: 'images', shape: [...(size ?? [null, null]), networkChannels] });
  const features = vgg16Blocks(images, {
    width: 1,
    depth: blocks.length,
    norm: false,
    normMomentum: 0,
    seed,
  });
  return tf.model({ name: 'vgg16', inputs: images, outputs: pool(features.at(-1)!, blocks.length) });
}
