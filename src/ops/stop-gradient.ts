import { tf } from '../tf.js';

/**
 * The same values, which no gradient flows through: targets computed from predictions, frozen parts.
 *
 * @returns A tensor that shares the data of `x`. The caller disposes it.
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const { dataId, shape, dtype } = x;
  // Every operation, `clone` too, would be written on the gradient tape.
  tf.engine().backend.incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as T;
}
