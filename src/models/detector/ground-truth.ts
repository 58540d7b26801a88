import { tf } from '../../tf.js';

/** Ground truth of a batch of crops, all float32. N = images, M = room for gtBoxes. */
export interface GroundTruth {
  /** `[N, M, 4]` `xyxy` px of the crop. */
  readonly gtBoxes: tf.Tensor3D;
  /** `[N, M]`, 1 = a nucleus, 0 = padding. */
  readonly gtValid: tf.Tensor2D;
  /** `[N, H, W]`, 1 = nobody has reviewed the pixel, 0 = reviewed. */
  readonly ignore: tf.Tensor3D;
}

/** The gtBoxes `[N, M, 4]` with padding replaced by empty boxes, which overlap nothing. The caller disposes it. */
export const withoutPadding = ({ gtBoxes, gtValid }: Pick<GroundTruth, 'gtBoxes' | 'gtValid'>): tf.Tensor3D =>
  tf.tidy(() => tf.mul<tf.Tensor3D>(gtBoxes, gtValid.expandDims(2)));
