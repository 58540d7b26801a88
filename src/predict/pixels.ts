import type { Image } from '../data/image.js';
import { scalePixels } from '../data/pixel-batch.js';
import { tf } from '../tf.js';

/**
 * The probability of each pixel to belong to a nucleus.
 *
 * @returns `[H, W]`, 0 to 1.
 */
export function predictPixels(model: tf.LayersModel, image: Image): Float32Array {
  const { width, height } = image;
  return tf.tidy(() => {
    const logits = model.apply(tf.tensor4d(scalePixels(image), [1, height, width, 3])) as tf.Tensor4D;
    return tf.sigmoid(logits).dataSync<'float32'>();
  });
}
