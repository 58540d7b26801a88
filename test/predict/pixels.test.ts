import { afterEach, expect, test } from 'vitest';
import { startRuntime } from '../../src/engine/runtime.js';
import { buildPixelNet } from '../../src/models/pixel-net.js';
import { predictPixels } from '../../src/predict/pixels.js';
import { tf } from '../../src/tf.js';

afterEach(() => tf.disposeVariables());

const image = { width: 3, height: 2, channels: 1, data: Uint8Array.of(0, 50, 100, 150, 200, 255) } as const;

async function predictOn(device: 'cpu' | 'wasm') {
  await startRuntime(device);
  const model = buildPixelNet({ channels: [4], kernelSize: 3, seed: 7 });
  return [...predictPixels(model, image)];
}

test('WebAssembly predicts what the native library predicts', async () => {
  const native = await predictOn('cpu');
  const wasm = await predictOn('wasm');
  expect(native).toHaveLength(6);
  expect(new Set(native).size).toBe(6);
  for (const [pixel, value] of native.entries()) expect(wasm[pixel]).toBeCloseTo(value, 5);
});
