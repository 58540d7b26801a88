import { expect, test } from 'vitest';
import { measureConvolution } from '../../src/engine/convolution-speed.js';
import { startRuntime } from '../../src/engine/runtime.js';
import { tf } from '../../src/tf.js';

test('measures both directions on the native library and leaves no tensor', async () => {
  await startRuntime('cpu');
  const before = tf.memory().numTensors;
  const { forwardGflops, backwardGflops } = measureConvolution('cpu');
  expect(forwardGflops).toBeGreaterThan(0);
  expect(backwardGflops).toBeGreaterThan(0);
  expect(tf.memory().numTensors).toBe(before);
});

test('WebAssembly has no backward speed', async () => {
  await startRuntime('wasm');
  const { forwardGflops, backwardGflops } = measureConvolution('wasm');
  expect(forwardGflops).toBeGreaterThan(0);
  expect(backwardGflops).toBeNull();
});
