import { attr } from '../engine/native.js';
import { tf } from '../tf.js';
import { defineNative, hasNative, runNative } from './native-operation.js';

const indexType = attr.type('Tindices', 'int32');

const nativeGather = defineNative<'x' | 'indices', object>({
  name: 'NucleateGather',
  forward: ({ x, indices }) => {
    const types = [attr.type('Tparams', x.dtype), indexType, attr.type('Taxis', 'int32')];
    return tf.tidy(() => runNative('GatherV2', types, [x, indices, tf.scalar(0, 'int32')]));
  },
  save: { inputs: ['x', 'indices'], outputs: [] },
  gradient: ([dy], [x, indices]) => ({
    x: () => {
      const types = [attr.type('T', dy!.dtype), indexType, attr.type('Tnumsegments', 'int32')];
      const count = tf.scalar(x!.shape[0], 'int32');
      return runNative('UnsortedSegmentSum', types, [dy!, indices!, count])[0]!;
    },
  }),
});

/**
 * The rows of `x` at `indices`; an index may occur many times. tfjs's own `gather` reads the indices in JavaScript, which
 * a compiled step cannot do.
 *
 * @param x `[N, ...]`.
 * @param indices `[K]` int32 from 0 to N - 1.
 * @returns `[K, ...]`. The caller disposes it.
 */
export function gatherRows<T extends tf.Tensor>(x: T, indices: tf.Tensor1D): T {
  return (hasNative() ? nativeGather({ x, indices }, {})[0]! : tf.gather(x, indices)) as T;
}
