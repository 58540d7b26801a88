import { tf } from '../tf.js';
import { Convolution } from './layers.js';

/** Convolutions of each block, and their output channels. */
const blocks = [
  [2, 64],
  [2, 128],
  [3, 256],
  [3, 512],
  [3, 512],
] as const;

export interface Vgg16Options {
  /** Of the images in px; null leaves both open. */
  readonly size: readonly [height: number, width: number] | null;
  readonly seed: number;
}

/**
 * VGG16 without its fully connected layers: features at 1/32 of the image's resolution.
 *
 * Input `[N, H, W, 3]` float32; output `[N, H/32, W/32, 512]`, rounded down.
 *
 * @returns The model, whose weights depend on the seed and the layer names alone. The caller disposes it.
 *
 * Source: Simonyan and Zisserman, arXiv 1409.1556, column D; layer names as Keras Applications (`VGG16`).
 */
export function buildVgg16({ size, seed }: Vgg16Options): tf.LayersModel {
  const images = tf.input({ name: 'images', shape: [...(size ?? [null, null]), 3] });
  let x = images;
  for (const [block, [convolutions, filters]] of blocks.entries()) {
    for (let index = 1; index <= convolutions; index++) {
      const name = `block${block + 1}_conv${index}`;
      const options = { kernelSize: 3, stride: 1, padding: 'same', activation: 'relu' } as const;
      x = new Convolution({ name, filters, ...options, seed }).apply(x) as tf.SymbolicTensor;
    }
    const name = `block${block + 1}_pool`;
    x = tf.layers.maxPooling2d({ name, poolSize: 2, strides: 2 }).apply(x) as tf.SymbolicTensor;
  }
  return tf.model({ name: 'vgg16', inputs: images, outputs: x });
}
