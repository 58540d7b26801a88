import { tf } from '../tf.js';
import { gatherRows } from './gather.js';

/**
 * The rows of each image at its own indices, with a gradient.
 *
 * @param x `[N, A, ...]`, or `[1, A, ...]` if all images have the same rows.
 * @param indices `[N, K]` int32 from 0 to A - 1, or `[1, K]` for the same rows of all images.
 * @returns `[N, K, ...]`. The caller disposes it.
 */
export function gatherPerImage<T extends tf.Tensor>(x: T, indices: tf.Tensor2D): T {
  return tf.tidy(() => {
    const [images, count, ...rest] = x.shape as [number, number, ...number[]];
    const first = tf.tensor2d(
      Int32Array.from({ length: images }, (_, image) => image * count),
      [images, 1],
    );
    const rows = tf.add<tf.Tensor2D>(indices, first);
    const gathered = gatherRows(x.reshape([images * count, ...rest]), rows.reshape<tf.Tensor1D>([-1]));
    return gathered.reshape<T>([...rows.shape, ...rest]);
  });
}
