import { gatherPerImage } from '../../ops/gather-per-image.js';
import { tf } from '../../tf.js';

/**
 * Whether the pixel at the centre of each box is unreviewed. For a centre outside of the crop the nearest pixel is used.
 *
 * @param boxes `[N, K, 4]`, or `[1, K, 4]` for all images, `xyxy` px.
 * @param ignore `[N, H, W]` float32, 1 = not reviewed, 0 = reviewed.
 * @returns `[N, K]` float32, 1 or 0. The caller disposes it.
 */
export function areIgnored(boxes: tf.Tensor3D, ignore: tf.Tensor3D): tf.Tensor2D {
  return tf.tidy(() => {
    const [images, height, width] = ignore.shape;
    const [low, high] = tf.split(boxes, 2, 2) as [tf.Tensor3D, tf.Tensor3D];
    const pixels = tf.floor(tf.add(low, high).mul(0.5));
    const inside = tf.minimum(tf.maximum(pixels, 0), [width - 1, height - 1]);
    // Exact in float32 up to 2^24 pixels.
    const index = tf.sum(inside.mul([1, width]), 2).toInt() as tf.Tensor2D;
    return gatherPerImage(ignore.reshape<tf.Tensor2D>([images, height * width]), index);
  });
}
