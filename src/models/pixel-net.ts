import { seedFor } from '../random.js';
import { tf } from '../tf.js';

export interface PixelNetOptions {
  /** Output channels of each convolution, from input to output. */
  readonly channels: readonly number[];
  /** Side of the kernels in px, odd. */
  readonly kernelSize: number;
  readonly seed: number;
}

/**
 * A few convolutions that tell nucleus from background pixel by pixel: enough to see that training works, not a
 * network to use.
 *
 * Input `images` `[N, H, W, 3]` float32 from -1 to 1, any H and W; output logits `[N, H, W, 1]`.
 *
 * @returns The model, whose weights depend on the seed and the layer names alone. The caller disposes it.
 */
export function buildPixelNet({ channels, kernelSize, seed }: PixelNetOptions): tf.LayersModel {
  const convolution = (name: string, filters: number, side: number, activation: 'relu' | 'linear') =>
    tf.layers.conv2d({
      ...{ name, filters, kernelSize: side, activation, padding: 'same' },
      kernelInitializer: tf.initializers.heNormal({ seed: seedFor(seed, name) }),
    });
  const images = tf.input({ name: 'images', shape: [null, null, 3] });
  let features = images;
  for (const [index, filters] of channels.entries()) {
    features = convolution(`conv${index + 1}`, filters, kernelSize, 'relu').apply(
      features,
    ) as tf.SymbolicTensor;
  }
  const logits = convolution('logits', 1, 1, 'linear').apply(features) as tf.SymbolicTensor;
  return tf.model({ name: 'pixel-net', inputs: images, outputs: logits });
}
