import { tf } from '../../tf.js';

/** Factors of (dx, dy, dw, dh) that bring the deltas to a scale of about 1. */
export type BoxWeights = readonly [x: number, y: number, width: number, height: number];

/**
 * The deltas that turn anchors into boxes: shifts of the centre in units of the anchor's sides, and logarithms of the
 * ratios of the sides, times the weights.
 *
 * @param boxes `[..., 4]` `xyxy` px; shorter sides than 0.001 px count as 0.001, so that padding gives finite deltas.
 * @param anchors `[..., 4]` likewise; the leading axes broadcast.
 * @returns `[..., 4]` (dx, dy, dw, dh). The caller disposes it.
 *
 * Source: Girshick et al., arXiv 1311.2524, appendix C.
 */
export function encodeBoxes(boxes: tf.Tensor, anchors: tf.Tensor, weights: BoxWeights): tf.Tensor {
  return tf.tidy(() => {
    const [box, anchor] = [centreAndSize(boxes), centreAndSize(anchors)];
    const shift = tf.div(tf.sub(box.centre, anchor.centre), anchor.size);
    const scale = tf.log(tf.div(box.size, anchor.size));
    return tf.mul(tf.concat([shift, scale], -1), [...weights]);
  });
}

/**
 * Applies deltas to anchors; the inverse of {@link encodeBoxes} as long as no side grows more than 62.5 times.
 *
 * @param deltas `[..., 4]` (dx, dy, dw, dh); a gradient flows through them.
 * @param anchors `[..., 4]` `xyxy` px; the leading axes broadcast.
 * @returns `[..., 4]` `xyxy` px, not clipped. The caller disposes it.
 */
export function decodeBoxes(deltas: tf.Tensor, anchors: tf.Tensor, weights: BoxWeights): tf.Tensor {
  return tf.tidy(() => {
    const { centre, size } = centreAndSize(anchors);
    const inverse = weights.map((weight) => 1 / weight);
    const [shift, scale] = tf.split(tf.mul(deltas, inverse), 2, -1) as [tf.Tensor, tf.Tensor];
    const moved = tf.add(centre, tf.mul(shift, size));
    const half = tf.mul(tf.exp(tf.minimum(scale, maxScale)), size.mul(0.5));
    return tf.concat([tf.sub(moved, half), tf.add(moved, half)], -1);
  });
}

/**
 * Clips boxes to the crop.
 *
 * @param boxes `[..., 4]` `xyxy` px. A box outside of the crop becomes empty.
 * @returns The same shape. The caller disposes it.
 */
export function clipBoxes<T extends tf.Tensor>(
  boxes: T,
  [height, width]: readonly [height: number, width: number],
): T {
  return tf.tidy(() => tf.minimum(tf.maximum(boxes, 0), [width, height, width, height]));
}

/** Limit of the logarithmic deltas: a side of 16 px becomes 1000 px. Keeps the exponential finite; as in detectron2. */
const maxScale = Math.log(1000 / 16);

/** px. */
const leastSide = 1e-3;

function centreAndSize(boxes: tf.Tensor): { centre: tf.Tensor; size: tf.Tensor } {
  const [low, high] = tf.split(boxes, 2, -1) as [tf.Tensor, tf.Tensor];
  return { centre: tf.add(low, high).mul(0.5), size: tf.maximum(tf.sub(high, low), leastSide) };
}
