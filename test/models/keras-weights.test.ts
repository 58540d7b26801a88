import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { File, type Group, ready } from 'h5wasm';
import { afterAll, expect, test } from 'vitest';
import { NucleateError } from '../../src/errors.js';
import { type KerasLayer, withKerasLayers } from '../../src/models/keras-weights-file.js';
import type { KerasNetwork } from '../../src/models/keras-weights-layers.js';
import { assignKerasWeights, mapKerasWeights, readKerasWeights } from '../../src/models/keras-weights.js';
import { randomFor } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { loadKerasWeights } from '../../src/train/keras-weights-path.js';
import { fixture, goldenLayers, goldenValue } from '../fixtures/keras/golden.js';
import { expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const tiny = readFileSync(fixture('tiny.h5'));
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-keras-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** With a single zero for the values, which take time. */
const layersOf = (network: KerasNetwork): KerasLayer[] =>
  goldenLayers(network).map(({ name, weights }) => ({
    name,
    weights: weights.map((weight) => ({ ...weight, read: () => new Float32Array(1) })),
  }));

async function refusal(work: () => unknown): Promise<NucleateError> {
  try {
    await work();
  } catch (error) {
    if (error instanceof NucleateError) return error;
    throw error;
  }
  throw new Error('Expected a refusal');
}

const problemsOf = async (layers: readonly KerasLayer[], network: KerasNetwork) => {
  const error = await refusal(() => mapKerasWeights(layers, network));
  expect(error.exitCode).toBe(6);
  return error.problems.map(({ what }) => what);
};

test('layers that Keras numbers are found whatever the first number is', () => {
  const layers = layersOf('inception-resnet-v2');
  const renumbered = layers.map((layer) => {
    const [, kind, number = '0'] = /^(conv2d|batch_normalization)(?:_(\d+))?$/.exec(layer.name) ?? [];
    const first = { conv2d: 17, batch_normalization: 1 }[kind ?? ''] ?? 0;
    return kind ? { ...layer, name: `${kind}_${Number(number) + first}` } : layer;
  });
  const names = [...mapKerasWeights(layers, 'inception-resnet-v2').keys()];
  // 203 + 1 convolutions with kernel, beta, mean and variance; 40 with kernel and bias
  expect(names).toHaveLength(204 * 4 + 40 * 2);
  expect([...mapKerasWeights(renumbered, 'inception-resnet-v2').keys()]).toEqual(names);
});

test('the error names all weights that are missing, unexpected or have another shape', async () => {
  const layers = layersOf('inception-resnet-v2');
  const without = layers.filter(({ name }) => name !== 'conv2d_7' && name !== 'block8_10_conv');
  const changed = without.map((layer) => {
    if (layer.name === 'conv2d_3') {
      return { ...layer, weights: [{ ...layer.weights[0]!, shape: [1, 1, 80, 64] }] };
    }
    if (layer.name === 'batch_normalization_2') {
      return { ...layer, weights: [...layer.weights.slice(1), { ...layer.weights[0]!, name: 'n/gamma:0' }] };
    }
    return layer;
  });
  const top = { name: 'predictions', weights: layers[0]!.weights };
  expect((await problemsOf([...changed, top], 'inception-resnet-v2')).sort()).toEqual([
    'Missing layer block8_10_conv (here block8_10_conv).',
    'Missing layer conv2d_7 (here mixed_5b_1_conv2).',
    'Missing weight beta of layer batch_normalization_2 (here stem_conv3).',
    'Unexpected layer predictions.',
    'Unexpected weight n/gamma:0 of layer batch_normalization_2 (here stem_conv3).',
    'Weight kernel of layer conv2d_3 (here stem_conv4) has shape [1, 1, 80, 64], expected [1, 1, 64, 80].',
  ]);
  expect(await problemsOf([], 'vgg16')).toHaveLength(13);
});

test('layers of equal shapes in another order are an error', async () => {
  const layers = layersOf('inception-resnet-v2');
  // Two 1 x 1 convolutions of one block, which no shape tells apart.
  const [first, second] = ['conv2d_12', 'conv2d_13'].map((name) =>
    layers.findIndex((layer) => layer.name === name),
  ) as [number, number];
  const swapped = [...layers];
  [swapped[first], swapped[second]] = [layers[second]!, layers[first]!];
  const problems = await problemsOf(swapped, 'inception-resnet-v2');
  expect(problems).toEqual(['The order differs: expected conv2d_13, received conv2d_12.']);
  expect(await problemsOf([...layers, layers.at(-1)!], 'inception-resnet-v2')).toHaveLength(1);
});

test('values that are not finite are an error', async () => {
  const [first, ...others] = layersOf('vgg16') as [KerasLayer, ...KerasLayer[]];
  const broken = first.weights.map((weight) => ({ ...weight, read: () => Float32Array.of(0, NaN) }));
  const problems = await problemsOf([{ ...first, weights: broken }, ...others], 'vgg16');
  expect(problems).toContain('block1_conv1/kernel has values that are not finite.');
});

test('reads a file of tf_keras', async () => {
  const layers = await withKerasLayers(tiny, (layers) =>
    layers.map(({ name, weights }) => ({
      name,
      weights: weights.map(({ name, shape, read }) => ({ name, shape, values: [...read()] })),
    })),
  );
  const weights = (shapes: Record<string, number[]>) =>
    Object.entries(shapes).map(([name, shape]) => ({
      name,
      shape,
      values: [...goldenValue(name, shape)],
    }));
  expect(layers).toEqual([
    { name: 'tiny_conv', weights: weights({ 'tiny_conv/kernel:0': [3, 3, 3, 2] }) },
    {
      name: 'tiny_norm',
      weights: weights({
        'tiny_norm/beta:0': [2],
        'tiny_norm/moving_mean:0': [2],
        'tiny_norm/moving_variance:0': [2],
      }),
    },
    { name: 'tiny_relu', weights: [] },
  ]);
});

test('a file that ends early is an error, wherever it ends', async () => {
  for (const fraction of [0, 0.001, 0.3, 0.9, 0.9999]) {
    const part = tiny.subarray(0, Math.floor(tiny.length * fraction));
    const error = await refusal(() => withKerasLayers(part, (layers) => layers));
    expect(error.message).toMatch(/^This is not a weights file of Keras 2: /);
    expect(error.exitCode).toBe(6);
  }
});

test('damaged bytes are an error or change values, nothing else', async () => {
  const random = randomFor(1, 'damage');
  for (let round = 0; round < 12; round++) {
    const damaged = Uint8Array.from(tiny);
    for (let byte = 0; byte < 8; byte++) {
      damaged[random.integer(damaged.length)] = random.integer(256);
    }
    try {
      await withKerasLayers(damaged, (layers) =>
        layers.flatMap(({ weights }) => weights.map(({ read }) => read())),
      );
    } catch (error) {
      expect(error).toBeInstanceOf(NucleateError);
    }
  }
  // The library still works.
  expect(await withKerasLayers(tiny, ({ length }) => length)).toBe(3);
});

/** Writes a file as Keras does, and lets `change` spoil it. */
async function makeFile(change: (file: File) => void): Promise<Uint8Array> {
  const { FS } = await ready;
  const file = new File('made.h5', 'w');
  change(file);
  file.close();
  const bytes = FS.readFile('made.h5');
  FS.unlink('made.h5');
  return bytes;
}

test.each([
  {
    name: 'a link to another file',
    make: (file: File) => {
      file.create_attribute('layer_names', ['conv']);
      file.create_external_link('/etc/passwd', '/', 'conv');
    },
    what: /conv is in another file, \/etc\/passwd/,
  },
  {
    name: 'a layout of Keras 3',
    make: (file: File) => void file.create_group('layers'),
    what: /There is no group model_weights/,
  },
  {
    name: 'a layer that is listed and not there',
    make: (file: File) => file.create_attribute('layer_names', ['conv']),
    what: /There is no group conv/,
  },
  {
    name: 'a name that leads elsewhere',
    make: (file: File) => {
      file.create_attribute('layer_names', ['..']);
    },
    what: /There is no group \.\./,
  },
  {
    name: 'numbers of another type',
    make: (file: File) => {
      file.create_attribute('layer_names', ['conv']);
      const group = file.create_group('conv');
      group.create_attribute('weight_names', ['kernel:0']);
      group.create_dataset({ name: 'kernel:0', data: new Float64Array(4) });
    },
    what: /conv\/kernel:0 is not an array of float32/,
  },
])('$name is an error', async ({ make, what }) => {
  const bytes = await makeFile(make);
  expect((await refusal(() => withKerasLayers(bytes, (layers) => layers))).message).toMatch(what);
});

/** Writes layers as Keras does, every value the first length of its shape. */
function writeLayers(root: Group, layers: readonly KerasLayer[]): void {
  root.create_attribute(
    'layer_names',
    layers.map(({ name }) => name),
  );
  for (const { name: layer, weights } of layers) {
    const group = root.create_group(layer);
    group.create_attribute(
      'weight_names',
      weights.map(({ name }) => name),
    );
    group.create_group(layer);
    for (const { name, shape } of weights) {
      const data = new Float32Array(shape.reduce((size, side) => size * side)).fill(shape[0]!);
      group.create_dataset({ name, data, shape: [...shape] });
    }
  }
}

test('a whole file', async () => {
  const bytes = await makeFile((file) => writeLayers(file, layersOf('vgg16')));
  const values = await readKerasWeights(bytes, 'vgg16');
  expect(values.size).toBe(26);
  expect(values.get('block5_conv3/bias')).toEqual({
    dtype: 'F32',
    shape: [512],
    data: new Float32Array(512).fill(512),
  });
});

test('the weights in a saved model', async () => {
  const [first] = layersOf('vgg16') as [KerasLayer];
  const bytes = await makeFile((file) => writeLayers(file.create_group('model_weights'), [first]));
  expect(await withKerasLayers(bytes, (layers) => layers.map(({ name }) => name))).toEqual([first.name]);
});

test('from a path: the error names the file', async () => {
  const place = (name: string, bytes: Uint8Array) => {
    const file = path.join(folder, name);
    writeFileSync(file, bytes);
    return file;
  };
  const file = place('tiny.h5', tiny);
  const other = await refusal(() => loadKerasWeights(file, 'vgg16'));
  expect(other).toMatchObject({ where: file, exitCode: 6 });
  expect(other.problems).toHaveLength(2 + 13); // two layers too many, thirteen missing
  const renamed = place('vgg16_weights_tf_dim_ordering_tf_kernels_notop.h5', tiny);
  expect((await refusal(() => loadKerasWeights(renamed, 'vgg16'))).message).toMatch(/its MD5 differs/);
  const missing = path.join(folder, 'missing.h5');
  expect(await refusal(() => loadKerasWeights(missing, 'vgg16'))).toMatchObject({
    where: missing,
    exitCode: 8,
  });
  expect((await refusal(() => loadKerasWeights(folder, 'vgg16'))).message).toBe(
    'The weights cannot be read: it is a folder, not a plain file.',
  );
});

const stored = (shape: number[]) => {
  const size = shape.reduce((size, side) => size * side);
  return { dtype: 'F32' as const, shape, data: Float32Array.from({ length: size }, (_, index) => index + 1) };
};

test('weights are assigned by layers; more channels than those of an image keep their own', () => {
  const weights = {
    'conv/kernel': tf.variable(tf.fill([1, 1, 4, 2], -1)),
    'conv/bias': tf.variable(tf.zeros([2])),
    'head/kernel': tf.variable(tf.zeros([3])),
  };
  const values = new Map([
    ['conv/kernel', stored([1, 1, 3, 2])],
    ['conv/bias', stored([2])],
    ['later/bias', stored([7])],
  ]);
  expect(assignKerasWeights(weights, values)).toEqual({
    assigned: ['conv/kernel', 'conv/bias'],
    kept: ['head/kernel'],
  });
  expectTensorsClose(weights['conv/bias'], [1, 2], { atol: 0 });
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
    [-1, -1],
  ];
  expectTensorsClose(weights['conv/kernel'], [[rows]], { atol: 0 });
});

test('a network that is not as published stays unchanged, and the error lists all reasons', async () => {
  const weights = {
    'a/bias': tf.variable(tf.zeros([2])),
    'b/kernel': tf.variable(tf.zeros([1, 1, 8, 2])),
    'b/beta': tf.variable(tf.zeros([2])),
  };
  const values = new Map([
    ['a/bias', stored([2])],
    ['b/kernel', stored([1, 1, 4, 2])],
    ['b/bias', stored([2])],
  ]);
  const error = await refusal(() => assignKerasWeights(weights, values));
  expect(error.problems.map(({ what }) => what)).toEqual([
    'The file has no b/beta.',
    'The network has no b/bias.',
    'b/kernel has shape [1, 1, 4, 2] in the file, [1, 1, 8, 2] here.',
  ]);
  expectTensorsClose(weights['a/bias'], [0, 0], { atol: 0 });
  const nothing = await refusal(() => assignKerasWeights({ 'c/bias': weights['a/bias'] }, values));
  expect(nothing.message).toMatch(/no layer in common/);
});
