import { expect, test, vi } from 'vitest';
import { pins } from '../../setup/library.js';
import { requireTraining, startRuntime } from '../../src/engine/runtime.js';
import { NucleateError } from '../../src/errors.js';
import { tf } from '../../src/tf.js';

test('without a runtime an operation fails instead of falling back to JavaScript', () => {
  expect(() => tf.ones([2]).add(1)).toThrow(/No backend found/);
});

test('cpu: the pinned TensorFlow computes', async () => {
  const runtime = await startRuntime('cpu');
  expect(runtime).toMatchObject({ device: 'cpu', why: 'it was asked for', tensorflow: pins.tensorflow });
  expect(runtime.warning).toBeUndefined();
  expect(tf.getBackend()).toBe('tensorflow');
  // 1 + 2 + 3 at the centre of a 1 x 3 row under a kernel of ones.
  const row = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
  expect([...tf.conv2d(row, tf.ones([1, 3, 1, 1]), 1, 'same').dataSync()]).toEqual([3, 6, 5]);
  expect(() => requireTraining(runtime)).not.toThrow();
});

test.each(['-5', 'abc', '100000'])(
  '%j threads are refused before the native library aborts',
  async (threads) => {
    vi.stubEnv('TF_NUM_INTRAOP_THREADS', threads);
    await expect(startRuntime('cpu')).rejects.toMatchObject({
      exitCode: 2,
      hint: 'Correct it, or unset TF_NUM_INTRAOP_THREADS.',
    });
    vi.unstubAllEnvs();
  },
);

test('tfjs-node works with the functions that Node 23 removed', async () => {
  await startRuntime('cpu');
  // TopK calls util.isNullOrUndefined in tfjs-node.
  expect([...tf.topk(tf.tensor1d([1, 3, 2]), 2).values.dataSync()]).toEqual([3, 2]);
});

test('wasm: predicts; training is an error', async () => {
  const runtime = await startRuntime('wasm');
  expect(runtime).toMatchObject({ device: 'wasm', why: 'it was asked for' });
  expect(tf.getBackend()).toBe('wasm');
  const row = tf.tensor4d([1, 2, 3], [1, 1, 3, 1]);
  expect([...tf.conv2d(row, tf.ones([1, 3, 1, 1]), 1, 'same').dataSync()]).toEqual([3, 6, 5]);
  expect(() => requireTraining(runtime)).toThrow(NucleateError);
});
