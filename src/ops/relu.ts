import { attr } from '../engine/native.js';
import { tf } from '../tf.js';
import { defineNative, hasNative, runNative } from './native-operation.js';

const type = attr.type('T', 'float32');

const nativeRelu = defineNative<'x', object>({
  name: 'NucleateRelu',
  forward: ({ x }) => runNative('Relu', [type], [x]),
  // The result shows as well as the argument where the argument was positive, and it is kept anyway.
  save: { inputs: [], outputs: [true] },
  gradient: ([dy], [y]) => ({ x: () => runNative('ReluGrad', [type], [dy!, y!])[0]! }),
});

/**
 * max(x, 0), with a gradient of one operation (tfjs's own is a step function and a product).
 *
 * @param x float32 of any shape.
 * @returns The same shape. The caller disposes it.
 */
export function relu<T extends tf.Tensor>(x: T): T {
  return (hasNative() ? nativeRelu({ x }, {})[0]! : tf.relu(x)) as T;
}
