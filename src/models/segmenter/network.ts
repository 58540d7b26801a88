import { networkChannels } from '../../data/image/network-pixels.js';
import { tf } from '../../tf.js';
import { Convolution, scaleChannels } from '../layers.js';
import { convolveBlock, type Vgg16Shape, vgg16Blocks } from '../vgg16.js';
import { weightsOf } from '../weights.js';

/** What a pixel can be, in the order of the logits; the one home of their names and number. */
export const pixelClasses = ['background', 'body', 'border'] as const;

export interface SegmenterShape extends Vgg16Shape {
  /** Side of the crops, px; 2^(`depth` - 1) divides it. */
  readonly size: number;
  /** Channels of a level of the decoder, as a fraction of those of the encoder's block at that resolution. */
  readonly decoder: number;
  /** Number of convolutions in each level of the decoder. */
  readonly decoderConvolutions: number;
}

/**
 * The mask network: VGG16, and a decoder that returns to the crop's resolution level by level, each time concatenated
 * with the encoder's features of that resolution.
 *
 * Input `[N, S, S, 4]` float32, see `networkCrops`; output logits `[N, S, S, C]`, C = {@link pixelClasses}.
 *
 * The initial kernel is 0 for the box prior, so that the first layer starts as that of VGG16.
 *
 * @returns The model, whose weights depend on the seed and the layer names alone. The caller disposes it.
 *
 * Source: Ronneberger et al., arXiv 1505.04597, with nearest upsampling for its transposed convolutions; on VGG as
 * Iglovikov and Shvets, arXiv 1801.05746 (TernausNet).
 */
export function buildSegmenter(shape: SegmenterShape): tf.LayersModel {
  const { size, decoder, decoderConvolutions, seed } = shape;
  const crops = tf.input({ name: 'crops', shape: [size, size, networkChannels + 1] });
  const features = vgg16Blocks(crops, shape);
  let x = features.at(-1)!;
  // From 1/2^(depth-2) of the crop's resolution to the whole.
  for (let level = features.length - 1; level >= 1; level--) {
    const skip = features[level - 1]!;
    const filters = scaleChannels(skip.shape[3]!, decoder);
    const up = tf.layers.upSampling2d({ name: `decoder${level}_up`, size: [2, 2] }).apply(x);
    x = tf.layers
      .concatenate({ name: `decoder${level}_skip`, axis: 3 })
      .apply([skip, up as tf.SymbolicTensor]) as tf.SymbolicTensor;
    for (let index = 1; index <= decoderConvolutions; index++) {
      const name = `decoder${level}_conv${index}`;
      x = convolveBlock(x, { name, filters, seed }, shape);
    }
  }
  const head = { filters: pixelClasses.length, kernelSize: 1, stride: 1, padding: 'same' } as const;
  const logits = new Convolution({ name: 'logits', ...head, activation: 'linear', seed }).apply(x);
  const model = tf.model({ name: 'segmenter', inputs: crops, outputs: logits as tf.SymbolicTensor });
  silenceBoxPrior(model);
  return model;
}

function silenceBoxPrior(model: tf.LayersModel): void {
  const kernel = weightsOf(model).all['block1_conv1/kernel']!;
  const isImage = [...new Array<number>(networkChannels).fill(1), 0];
  tf.tidy(() => kernel.assign(kernel.mul(tf.tensor4d(isImage, [1, 1, isImage.length, 1]))));
}
