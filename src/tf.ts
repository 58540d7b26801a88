import * as tf from '@tensorflow/tfjs';

/**
 * The only import of TensorFlow.js: two copies of it would be two engines that do not see each other's tensors.
 * Which backend computes is decided in src/engine/runtime.ts.
 *
 * The pure-JavaScript backend is taken away: it is 300 times slower, and an operation that runs before a runtime is
 * started would fall back to it in silence. Now it fails.
 */
tf.removeBackend('cpu');

export { tf };
