/** The part of tfjs-node that computes. The rest of it (its TensorBoard, file system and finder of modules) is not loaded. */
const tf = require('@tensorflow/tfjs');
require('@tensorflow/tfjs-node-gpu/dist/register_all_kernels');
const { NodeJSKernelBackend } = require('@tensorflow/tfjs-node-gpu/dist/nodejs_kernel_backend');

let isStarted = false;

/**
 * Makes native TensorFlow the backend of tfjs.
 *
 * @param {string} module path of tfjs_binding.node, which set-up builds
 * @returns {Promise<void>}
 * @throws {Error} If it cannot be loaded.
 */
exports.startTfjsNode = async (module) => {
  if (isStarted) return;
  /** @type {ConstructorParameters<typeof NodeJSKernelBackend>[0]} */
  const binding = require(module);
  // By this name it finds out whether there may be a GPU.
  tf.registerBackend('tensorflow', () => new NodeJSKernelBackend(binding, '@tensorflow/tfjs-node-gpu'), 3);
  if (!(await tf.setBackend('tensorflow'))) throw new Error('The TensorFlow backend of tfjs does not start.');
  isStarted = true;
};
