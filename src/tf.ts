import * as tf from '@tensorflow/tfjs';

/**
 * The only import of TensorFlow.js: two copies of it would be two engines that do not see each other's tensors.
 * src/engine/runtime.ts chooses the backend.
 *
 * The pure-JavaScript backend is removed: it is 300 times slower, and an operation before the start of a runtime would
 * silently use it. Without it the operation fails.
 */
tf.removeBackend('cpu');

export { tf };
