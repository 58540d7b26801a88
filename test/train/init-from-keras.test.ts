import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { File, ready } from 'h5wasm';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { buildSegmenter } from '../../src/models/segmenter/network.js';
import { adaptVgg16Input } from '../../src/models/vgg16-input.js';
import { weightsOf } from '../../src/models/weights.js';
import { tf } from '../../src/tf.js';
import { initialTensors } from '../../src/train/init-from.js';
import { goldenLayers, goldenNoise, goldenValue } from '../fixtures/keras/golden.js';
import { expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-init-keras-'));
const file = path.join(folder, 'vgg16.h5');
beforeAll(async () => {
  const { FS } = await ready;
  const made = new File('made.h5', 'w');
  const layers = goldenLayers('vgg16');
  made.create_attribute(
    'layer_names',
    layers.map(({ name }) => name),
  );
  for (const { name: layer, weights } of layers) {
    const group = made.create_group(layer);
    group.create_attribute(
      'weight_names',
      weights.map(({ name }) => name),
    );
    group.create_group(layer);
    for (const { name, shape, read } of weights)
      group.create_dataset({ name, data: read(), shape: [...shape] });
  }
  made.close();
  writeFileSync(file, FS.readFile('made.h5'));
  FS.unlink('made.h5');
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Two blocks' worth of levels more than needed would only take time: the encoder is VGG16 as far as it goes. */
const shape = { width: 1, depth: 3, decoder: 0.1, decoderConvolutions: 1, normMomentum: 0.9 };

function task(changes: { norm?: boolean; width?: number; standardize?: boolean } = {}) {
  const { norm = false, width = 1, standardize = false } = changes;
  const network = buildSegmenter({ ...shape, norm, width, size: 16, seed: 1 });
  const weights = weightsOf(network);
  return {
    network,
    weights,
    published: {
      network: 'vgg16' as const,
      adapt: (values: Parameters<typeof adaptVgg16Input>[0]) => adaptVgg16Input(values, { standardize }),
    },
  };
}

test('the encoder starts from the weights of the file, all others from random values', async () => {
  const { network, ...parts } = task();
  const before = Object.fromEntries(
    Object.entries(parts.weights.all).map(([name, variable]) => [name, variable.clone()]),
  );
  const { tensors, summary } = await initialTensors(parts, { from: file, allowPartial: false }, true);
  // 7 of VGG16's 13 convolutions, and the decoder's two with the logits; a kernel and a bias each.
  expect(summary).toBe(`14 of 20 weights are from ${file} (26 weights of vgg16); 6 start from random values`);
  expect(Object.keys(tensors.weights!)).toHaveLength(14);
  expect(Object.keys(tensors.ema!)).toEqual(Object.keys(tensors.weights!));
  const name = 'block3_conv2/kernel';
  expect([...(await tensors.weights![name]!.data())]).toEqual([
    ...goldenValue('block3_conv2/kernel:0', [3, 3, 256, 256]),
  ]);
  // The box prior, the fourth channel, keeps the zeros that it begins with.
  const prior = tf.slice(tensors.weights!['block1_conv1/kernel'] as tf.Tensor4D, [0, 0, 3, 0], [3, 3, 1, 64]);
  expect(Math.max(...(await prior.data()))).toBe(0);
  expect(await parts.weights.all['logits/kernel']!.data()).toEqual(await before['logits/kernel']!.data());
  tf.dispose([tensors, before, prior]);
  network.dispose();
});

test('another width or normalization is rejected, unless --allow-partial loads what fits', async () => {
  const norm = task({ norm: true });
  const load = (allowPartial: boolean) => initialTensors(norm, { from: file, allowPartial }, false);
  await expect(load(false)).rejects.toMatchObject({
    exitCode: 6,
    message: 'The weights of the file do not fit the network: The file has no block1_conv1/beta.',
    hint: expect.stringContaining('--allow-partial') as string,
  });
  const { tensors, summary } = await load(true);
  expect(summary).toMatch(/^7 of 38 weights are from .*; 31 start from random values$/u);
  expect(Object.keys(tensors.weights!).every((name) => /^block\d_conv\d\/kernel$/u.test(name))).toBe(true);
  tf.dispose(tensors);
  norm.network.dispose();

  const narrow = task({ width: 0.25 });
  await expect(initialTensors(narrow, { from: file, allowPartial: true }, false)).rejects.toMatchObject({
    exitCode: 6,
    message: expect.stringContaining('no layer in common') as string,
  });
  narrow.network.dispose();
});

test('a file that is not a Keras file is rejected', async () => {
  const { network, ...parts } = task();
  const other = path.join(folder, 'other.h5');
  writeFileSync(other, 'nothing');
  await expect(initialTensors(parts, { from: other, allowPartial: false }, false)).rejects.toMatchObject({
    exitCode: 6,
    where: other,
  });
  const missing = path.join(folder, 'missing.h5');
  await expect(initialTensors(parts, { from: missing, allowPartial: false }, false)).rejects.toMatchObject({
    exitCode: 8,
  });
  network.dispose();
});

const values = () =>
  new Map(
    goldenLayers('vgg16')
      .slice(0, 4)
      .flatMap(({ weights }) =>
        weights.map(({ name, shape: sides, read }) => [
          name.replace(/:0$/u, ''),
          { dtype: 'F32' as const, shape: sides, data: read() },
        ]),
      ),
  );

test('the first layer gives the same for pixels from -1 to 1 as the published one for BGR minus the means', () => {
  const published = values();
  const adapted = adaptVgg16Input(published, { standardize: false });
  const ours = tf.tensor4d(goldenNoise('image', 5 * 5 * 3), [1, 5, 5, 3]);
  const theirs = tf.sub<tf.Tensor4D>(
    tf.reverse(tf.mul(tf.add(ours, 1), 127.5), 3),
    tf.tensor1d([103.939, 116.779, 123.68]),
  );
  const layer = (x: tf.Tensor4D, of: typeof published | typeof adapted) => {
    const [kernel, bias] = ['kernel', 'bias'].map((name) => of.get(`block1_conv1/${name}`)!);
    return tf.add(
      tf.conv2d(x, tf.tensor4d(kernel!.data as Float32Array, [3, 3, 3, 64]), 1, 'valid'),
      tf.tensor1d(bias!.data as Float32Array),
    );
  };
  // The sums reach some hundred.
  const expected = layer(theirs, published).arraySync() as number[][][][];
  expectTensorsClose(layer(ours, adapted), expected, { atol: 1e-3, rtol: 1e-5 });
  expect(adapted.get('block1_conv2/kernel')).toBe(published.get('block1_conv2/kernel'));
});

test('standardized crops: the bias stays, one deviation is 57.63 steps of 255', () => {
  const published = values();
  const adapted = adaptVgg16Input(published, { standardize: true });
  expect(adapted.get('block1_conv1/bias')!.data).toEqual(published.get('block1_conv1/bias')!.data);
  const [kernel, old] = [adapted, published].map((of) => of.get('block1_conv1/kernel')!.data as Float32Array);
  // Red of the first px and filter is the last of three channels of 64 filters there.
  expect(kernel![0]).toBeCloseTo(57.63 * old![2 * 64]!, 4);
  expect(kernel![64 + 5]).toBeCloseTo(57.63 * old![64 + 5]!, 4);
});
