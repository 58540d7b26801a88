import { tf } from '../tf.js';

/**
 * The same values without a gradient, for targets computed from predictions and for frozen parts.
 *
 * @returns A tensor that shares the data of `x`. The caller disposes it.
 */
export function stopGradient<T extends tf.Tensor>(x: T): T {
  const { dataId, shape, dtype } = x;
  // Every operation, `clone` too, would be recorded on the gradient tape.
  tf.engine().backend.incRef(dataId);
  return tf.engine().makeTensorFromTensorInfo({ dataId, shape, dtype }) as T;
}
