import { tf } from '../tf.js';
import { stopGradient } from './stop-gradient.js';

export interface RoiAlignOptions {
  /** P: bins along each side of the result. */
  readonly outputSize: number;
  /** Size of a px of the boxes in px of the features: 1 / stride. */
  readonly spatialScale: number;
  /** S: samples along each side of a bin. */
  readonly samplingRatio: number;
}

/**
 * Features under each box, resampled bilinearly to one size, with a gradient by the features.
 *
 * Sampling and averaging are linear, and the same for every row and for every column, so they are two products with
 * matrices of weights. These are deterministic on every device; the gradient of TensorFlow's `CropAndResize` is not.
 *
 * @param features `[N, H, W, C]` float32.
 * @param boxes `[N, R, 4]` float32 `xyxy`, px of the image; no gradient flows through them.
 * @returns `[N, R, P, P, C]`. Samples up to 1 px outside of the features take the value at the border, those further
 *   out are 0. The caller disposes it.
 *
 * Source: He et al., arXiv 1703.06870, with the half-pixel shift of detectron2 (`aligned=True`).
 */
export function roiAlign(
  features: tf.Tensor4D,
  boxes: tf.Tensor3D,
  { outputSize, spatialScale, samplingRatio }: RoiAlignOptions,
): tf.Tensor5D {
  return tf.tidy(() => {
    const [images, height, width, channels] = features.shape;
    const count = boxes.shape[1];
    // In detectron2's coordinates the centre of the first px is 0.
    const corners = stopGradient(boxes).mul(spatialScale).sub(0.5);
    const [x1, y1, x2, y2] = tf.split(corners, 4, 2) as [tf.Tensor, tf.Tensor, tf.Tensor, tf.Tensor];
    const sampling = { outputSize, samplingRatio };
    const byRow = binWeights(y1, y2, height, sampling).reshape([images, count * outputSize, height]);
    const byColumn = binWeights(x1, x2, width, sampling).reshape([images * count, 1, outputSize, width]);
    const rows = tf.matMul(byRow, features.reshape([images, height, width * channels]));
    const bins = tf.matMul(byColumn, rows.reshape([images * count, outputSize, width, channels]));
    return bins.reshape([images, count, outputSize, outputSize, channels]);
  });
}

/**
 * How much each px of one axis counts in each bin.
 *
 * @param start `[N, R, 1]` where the box begins, px of the features.
 * @param end Likewise.
 * @param size Of the axis in px.
 * @returns `[N, R, P, size]`, each bin's weights summing to 1 inside of the features.
 */
function binWeights(
  start: tf.Tensor,
  end: tf.Tensor,
  size: number,
  { outputSize, samplingRatio }: Pick<RoiAlignOptions, 'outputSize' | 'samplingRatio'>,
): tf.Tensor {
  const samples = outputSize * samplingRatio;
  const centres = tf.div(tf.add(tf.range(0, samples), 0.5), samples);
  const at = tf.add(start, tf.mul(tf.sub(end, start), centres)); // [N, R, P S]
  const isNear = tf.logicalAnd(tf.greaterEqual(at, -1), tf.lessEqual(at, size)).toFloat();
  const clamped = tf.clipByValue(at, 0, size - 1).expandDims(-1);
  const distance = tf.abs(tf.sub(clamped, tf.range(0, size))); // [N, R, P S, size]
  const weights = tf.mul(tf.relu(tf.sub(1, distance)), isNear.expandDims(-1));
  const [images, count] = start.shape as [number, number];
  return tf.mean(weights.reshape([images, count, outputSize, samplingRatio, size]), 3);
}
