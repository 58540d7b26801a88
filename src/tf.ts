/**
 * The only import of TensorFlow.js: two copies of it would be two engines that do not see each other's tensors.
 * Which backend computes is decided in src/engine/runtime.ts.
 */
export * as tf from '@tensorflow/tfjs';
