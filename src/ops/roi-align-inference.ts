import { tf } from '../tf.js';
import type { RoiAlignOptions } from './roi-align.js';

/**
 * The same as `roiAlign`, without a gradient. Its cost is proportional to the samples, while `roiAlign` multiplies with
 * whole rows and columns of the features.
 *
 * @param features `[N, H, W, C]` float32.
 * @param boxes `[N, R, 4]` float32 `xyxy`, px of the image.
 * @returns `[N, R, P, P, C]`. The caller disposes it.
 */
export function roiAlignInference(
  features: tf.Tensor4D,
  boxes: tf.Tensor3D,
  { outputSize, spatialScale, samplingRatio }: RoiAlignOptions,
): tf.Tensor5D {
  return tf.tidy(() => {
    const [images, height, width, channels] = features.shape;
    const count = boxes.shape[1];
    const samples = outputSize * samplingRatio;
    // With the border repeated by one px the native operation samples outside of the features as `roiAlign` does.
    const padded = tf.mirrorPad(
      features,
      [
        [0, 0],
        [1, 1],
        [1, 1],
        [0, 0],
      ],
      'symmetric',
    );
    // Centres of the first and of the last sample, where the centre of the first px before padding is 0.
    const [low, high] = tf.split(boxes.mul(spatialScale).sub(0.5), 2, 2) as [tf.Tensor3D, tf.Tensor3D];
    const inset = tf.sub(high, low).mul(0.5 / samples);
    const first = tf.add(low, inset);
    const last = tf.sub(high, inset);
    // From px of the padded features to fractions of their height and width.
    const fractions = tf.div(tf.add(tf.concat([first, last], 2), 1), [
      width + 1,
      height + 1,
      width + 1,
      height + 1,
    ]);
    const [x1, y1, x2, y2] = tf.split<tf.Tensor2D>(fractions.reshape([images * count, 4]), 4, 1);
    const corners = tf.concat([y1!, x1!, y2!, x2!], 1);
    const image = Int32Array.from({ length: images * count }, (_, roi) => Math.floor(roi / count));
    const sampled = tf.image.cropAndResize(padded, corners, tf.tensor1d(image, 'int32'), [samples, samples]);
    const bins = tf.avgPool(sampled, samplingRatio, samplingRatio, 'valid');
    return bins.reshape([images, count, outputSize, outputSize, channels]);
  });
}
