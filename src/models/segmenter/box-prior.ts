import { tf } from '../../tf.js';

/**
 * Where the nucleus is expected: 1 in its box, falling linearly to 0 at a distance of `falloff` px.
 *
 * @param boxes `[N, 4]` float32 `xyxy`, px of the crop, half-open.
 * @param size S, side of the crop, px.
 * @param falloff px, above 0.
 * @returns `[N, S, S, 1]`, the product of both axes. The caller disposes it.
 *
 * Source: the fourth channel of DEXTR (Maninis et al., arXiv 1711.09081), with a box for its four points.
 */
export function boxPrior(boxes: tf.Tensor2D, size: number, falloff: number): tf.Tensor4D {
  return tf.tidy(() => {
    const [x1, y1, x2, y2] = tf.split(boxes, 4, 1) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const centres = tf.range(0, size).add(0.5); // [S]
    const along = (start: tf.Tensor2D, end: tf.Tensor2D) => {
      const outside = tf.maximum(tf.sub(start, centres), tf.sub(centres, end)); // [N, S] px
      return tf.clipByValue(tf.sub(1, outside.div(falloff)), 0, 1);
    };
    const rows = along(y1, y2).reshape([-1, size, 1, 1]);
    return tf.mul<tf.Tensor4D>(rows, along(x1, x2).reshape([-1, 1, size, 1]));
  });
}
