import { attr } from '../engine/native.js';
import { tf } from '../tf.js';
import { defineNative, hasNative, runNative } from './native-operation.js';

const type = attr.type('T', 'float32');

const nativeBiasAdd = defineNative<'x' | 'bias', object>({
  name: 'NucleateBiasAdd',
  forward: ({ x, bias }) => runNative('BiasAdd', [type], [x, bias]),
  save: { inputs: [], outputs: [] },
  gradient: ([dy]) => ({ x: () => dy!.clone(), bias: () => runNative('BiasAddGrad', [type], [dy!])[0]! }),
});

/**
 * Adds one number per channel. Where TensorFlow rewrites a compiled step (`compile.ts`), it fuses it with the convolution before
 * and the relu after it into one operation; it does not do so for a broadcasting `tf.add`.
 *
 * @param x `[..., C]` float32.
 * @param bias `[C]` float32.
 * @returns `[..., C]`. The caller disposes it.
 */
export function biasAdd<T extends tf.Tensor>(x: T, bias: tf.Tensor1D): T {
  return (hasNative() ? nativeBiasAdd({ x, bias }, {})[0]! : tf.add(x, bias)) as T;
}
