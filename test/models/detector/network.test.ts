import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.js';
import type { NamedTensors } from '../../../src/engine/step.js';
import {
  buildDetectorNetwork,
  type DetectorNetwork,
  type DetectorNetworkOptions,
  type PyramidDetectorOptions,
  type SingleDetectorOptions,
} from '../../../src/models/detector/network.js';
import { lossGradients } from '../../../src/ops/gradients.js';
import { createMomentum } from '../../../src/ops/optimizers.js';
import { tf } from '../../../src/tf.js';
import { useNetworks } from './networks.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const size = 64;
const shared = {
  size,
  seed: 1,
  normMomentum: 0.9,
  auxiliary: true,
  backbone: { width: 0.1, blocks: { block35: 1, block17: 1, block8: 1 } },
};
const rpn = { channels: 16, priorProbability: 0.01 };
const pyramid: PyramidDetectorOptions = {
  ...shared,
  kind: 'pyramid',
  pyramid: { channels: 8, strides: [4, 8, 16, 32] },
  rpn: { ...rpn, anchorsPerCell: [1, 2, 2, 2] },
  boxHead: { poolSize: 3, units: [12, 10] },
};
const single: SingleDetectorOptions = {
  ...shared,
  kind: 'single',
  stride: 16,
  rpn: { ...rpn, anchorsPerCell: [3] },
  boxHead: { poolSize: 3 },
};

const build = useNetworks();

const noise = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);
const images = () => noise([2, size, size, 3], 1) as tf.Tensor4D;

const seeded = (shape: readonly number[], seed: number) => noise([...shape], seed);

/** All that the network computes; regions are the first and the last 3 x 3 px of the finest level. */
function forward(network: DetectorNetwork, images: tf.Tensor4D, training: boolean) {
  const levels = network.features(images, { training });
  const { features } = levels[0]!;
  const regions = [0, features.shape[1] - 3].map((at) => tf.slice(features, [0, at, at, 0], [-1, 3, 3, -1]));
  const boxes = network.boxHead(tf.stack(regions, 1) as tf.Tensor5D, { training });
  const maps = network.auxiliary(levels);
  return { levels, boxes, maps, ...network.propose(levels) };
}

/** A sum in which every number that the network computes counts differently. */
function loss(network: DetectorNetwork, images: tf.Tensor4D, training: boolean): tf.Scalar {
  const { boxes, maps, objectnessLogits, deltas } = forward(network, images, training);
  const results = [boxes.logits, boxes.deltas, maps, objectnessLogits, deltas];
  const sums = results.map((x, index) => tf.mean(tf.mul(tf.add(x, 1).square(), seeded(x.shape, index + 2))));
  return tf.addN(sums).asScalar();
}

const networksByKind: [string, DetectorNetworkOptions][] = [
  ['pyramid', pyramid],
  ['single', single],
  ['single at stride 8', { ...single, stride: 8 }],
];

test('shapes of the pyramid', () => {
  const network = build(pyramid);
  const channels = 8;
  expect(network.levels).toEqual([
    { stride: 4, size: 16, channels },
    { stride: 8, size: 8, channels },
    { stride: 16, size: 4, channels },
    { stride: 32, size: 2, channels },
  ]);
  const { levels, boxes, maps, objectnessLogits, deltas } = forward(network, images(), false);
  expect(levels.map(({ features }) => features.shape)).toEqual(
    network.levels.map(({ size }) => [2, size, size, channels]),
  );
  const anchors = 16 * 16 * 1 + (8 * 8 + 4 * 4 + 2 * 2) * 2;
  expect([objectnessLogits.shape, deltas.shape]).toEqual([
    [2, anchors],
    [2, anchors, 4],
  ]);
  expect([boxes.logits.shape, boxes.deltas.shape]).toEqual([
    [2, 2],
    [2, 2, 4],
  ]);
  expect(maps.shape).toEqual([2, 16, 16, 2]);
  // Levels with two anchors share their output layers; the first has its own.
  const names = Object.keys(network.weights.all).filter((name) => /^rpn.*kernel/.test(name));
  expect(names.map((name) => [name, network.weights.all[name]!.shape])).toEqual([
    ['rpn/conv/kernel', [3, 3, 8, 16]],
    ['rpn/objectness_x1/kernel', [1, 1, 16, 1]],
    ['rpn/deltas_x1/kernel', [1, 1, 16, 4]],
    ['rpn/objectness_x2/kernel', [1, 1, 16, 2]],
    ['rpn/deltas_x2/kernel', [1, 1, 16, 8]],
  ]);
});

test('shapes of the single map', () => {
  // Channels at width 0.1: 112 after block17, 32 after block35, see inception-resnet-v2.test.ts.
  expect(build(single).levels).toEqual([{ stride: 16, size: 4, channels: 112 }]);
  const network = build({ ...single, stride: 8 });
  expect(network.levels).toEqual([{ stride: 8, size: 8, channels: 32 }]);
  const { boxes, deltas } = forward(network, images(), false);
  expect([boxes.deltas.shape, deltas.shape]).toEqual([
    [2, 2, 4],
    [2, 8 * 8 * 3, 4],
  ]);
  expect(Object.keys(network.weights.all)).toContain('block8_1_conv/kernel');
  expect(Object.keys(network.weights.all).some((name) => name.startsWith('block17'))).toBe(false);
});

test.each(networksByKind)(
  '%s: every trainable weight has a gradient, in training and frozen',
  (_, options) => {
    const network = build(options);
    const { trainable, all } = network.weights;
    const statistics = Object.keys(all).filter((name) => /moving_(mean|variance)$/.test(name));
    expect(Object.keys(all).filter((name) => !(name in trainable))).toEqual(statistics);
    for (const training of [true, false]) {
      const { gradients } = lossGradients(trainable, () => ({ loss: loss(network, images(), training) }));
      expect(Object.keys(gradients)).toEqual(Object.keys(trainable));
      const largest = Object.entries(gradients).map(([name, gradient]) => {
        expect(gradient.shape).toEqual(trainable[name]!.shape);
        return [name, gradient.abs().max().dataSync()[0]!] as const;
      });
      expect(largest.filter(([, value]) => !(value > 0 && value < Infinity))).toEqual([]);
    }
  },
);

test.each(networksByKind)(
  '%s: training moves the statistics by its momentum, frozen moves nothing',
  (_, options) => {
    const network = build(options);
    const { all } = network.weights;
    const values = () =>
      new Map(Object.entries(all).map(([name, weight]) => [name, weight.dataSync().slice()]));
    const start = values();
    const frozen = network.features(images(), { training: false })[0]!.features;
    expect(values()).toEqual(start);

    const trained = forward(network, images(), true).levels[0]!.features;
    const moved = [...values()].filter(([name, value]) =>
      value.some((x, index) => x !== start.get(name)![index]),
    );
    expect(moved.map(([name]) => name)).toEqual(
      [...start.keys()].filter((name) => name.includes('/moving_')),
    );
    expect(trained.sub(frozen).abs().max().dataSync()[0]).toBeGreaterThan(0.01);
    const stem = tf.conv2d(images(), all['stem_conv1/kernel'] as unknown as tf.Tensor4D, 2, 'same');
    const expected = stem.mean([0, 1, 2]).mul(1 - shared.normMomentum); // from 0
    expectTensorsClose(all['stem_conv1/moving_mean']!, expected.arraySync(), { atol: 1e-6 });
  },
);

test('anchors are in the order of level, row, column and cell, and levels share the head', () => {
  const network = build({
    ...pyramid,
    pyramid: { channels: 8, strides: [8, 16] },
    rpn: { ...rpn, anchorsPerCell: [2, 2] },
  });
  // The head takes features of any size: 2 x 3 and 1 x 2 px.
  const levels = [
    { stride: 8, features: noise([2, 2, 3, 8], 1) as tf.Tensor4D },
    { stride: 16, features: noise([2, 1, 2, 8], 2) as tf.Tensor4D },
  ];
  const { objectnessLogits, deltas } = network.propose(levels);
  const weight = (name: string) => network.weights.all[name] as unknown as tf.Tensor4D;
  const convolve = (x: tf.Tensor4D, name: string) =>
    tf.conv2d(x, weight(`${name}/kernel`), 1, 'same').add<tf.Tensor4D>(weight(`${name}/bias`));
  const expected: { logits: number[]; deltas: number[][] }[] = [0, 1].map(() => ({ logits: [], deltas: [] }));
  for (const { features } of levels) {
    const hidden = tf.relu(convolve(features, 'rpn/conv'));
    const logits = convolve(hidden, 'rpn/objectness_x2').arraySync();
    const deltas = convolve(hidden, 'rpn/deltas_x2').arraySync();
    for (const [image, into] of expected.entries()) {
      for (let y = 0; y < features.shape[1]; y++) {
        for (let x = 0; x < features.shape[2]; x++) {
          for (let cell = 0; cell < 2; cell++) {
            into.logits.push(logits[image]![y]![x]![cell]!);
            into.deltas.push(deltas[image]![y]![x]!.slice(4 * cell, 4 * cell + 4));
          }
        }
      }
    }
  }
  const all = { atol: 1e-6 };
  expectTensorsClose(
    objectnessLogits,
    expected.map(({ logits }) => logits),
    all,
  );
  expectTensorsClose(
    deltas,
    expected.map(({ deltas }) => deltas),
    all,
  );
});

test('before training an anchor is an object with the prior probability', () => {
  const network = build(pyramid);
  const levels = network.levels.map(({ stride, size }) => ({
    stride,
    features: tf.zeros<tf.Rank.R4>([1, size, size, 8]),
  }));
  const probability = tf.sigmoid(network.propose(levels).objectnessLogits);
  expect(probability.min().dataSync()[0]).toBeCloseTo(0.01, 7);
  expect(probability.max().dataSync()[0]).toBeCloseTo(0.01, 7);
  // Output layers begin small: 0.01, a truncated normal distribution reaches to twice that.
  for (const name of ['rpn/deltas_x2', 'box_head/logits', 'box_head/deltas', 'auxiliary/logits']) {
    const largest = network.weights.all[`${name}/kernel`]!.abs().max().dataSync()[0]!;
    expect(largest, name).toBeGreaterThan(0.01);
    expect(largest, name).toBeLessThanOrEqual(0.02);
  }
});

test('each region has its own logit and deltas', () => {
  const network = build(pyramid);
  const rois = noise([2, 3, 3, 3, 8], 4);
  const change = tf.oneHot(tf.tensor1d([4], 'int32'), 6).reshape([2, 3, 1, 1, 1]); // image 1, region 1
  const results = [rois, rois.add(change)].map((x) => network.boxHead(x as tf.Tensor5D, { training: false }));
  for (const part of ['logits', 'deltas'] as const) {
    const [before, after] = results.map((result) => result[part]);
    const changed = tf.notEqual(before!, after!).reshape([2, 3, -1]).any(2);
    expect(changed.arraySync()).toEqual([
      [0, 0, 0],
      [0, 1, 0],
    ]);
  }
});

test('weights depend only on the seed and the names', () => {
  const kernel = (seed: number, name: string) =>
    build({ ...pyramid, seed }).weights.all[`${name}/kernel`]!.dataSync();
  expect(kernel(1, 'pyramid/smooth8')).toEqual(kernel(1, 'pyramid/smooth8'));
  expect(kernel(1, 'pyramid/smooth8')).not.toEqual(kernel(1, 'pyramid/smooth16'));
  expect(kernel(1, 'rpn/deltas_x2')).not.toEqual(kernel(2, 'rpn/deltas_x2'));
});

test.each(networksByKind.slice(0, 2))('%s: compiled and eager steps agree', (_, options) => {
  const rate = tf.scalar(0.01);
  const [eager, compiled] = (['eager', 'compiled'] as const).map((mode) => {
    const network = build(options);
    const { all, trainable } = network.weights;
    const optimizer = createMomentum(trainable, { momentum: 0.9, nesterov: false });
    const train = ({ images, rate }: NamedTensors) => {
      const { parts, gradients } = lossGradients(trainable, () => ({
        loss: loss(network, images as tf.Tensor4D, true),
      }));
      optimizer.apply(gradients, rate as tf.Scalar);
      return parts;
    };
    const inputs = { images: images(), rate };
    const step = compile(train, { inputs, state: { ...all, ...optimizer.state }, mode });
    const losses = [1, 2, 3].map(() => step.run(inputs).loss.dataSync()[0]!);
    const state = step.readState();
    step.dispose();
    return { losses, state };
  });
  for (const [index, value] of eager!.losses.entries()) expect(compiled!.losses[index]).toBeCloseTo(value, 4);
  for (const [name, value] of Object.entries(eager!.state)) {
    const difference = value.sub(compiled!.state[name]!).abs().max().dataSync()[0]!;
    expect(difference, name).toBeLessThan(1e-3 * (1 + value.abs().max().dataSync()[0]!));
  }
});

test('leaves only its results, and nothing after dispose', () => {
  const variables = () => tf.memory().numTensors;
  const before = variables();
  const network = buildDetectorNetwork(pyramid);
  const batch = images();
  expectNewTensors(() => network.features(batch, { training: false }).map(({ features }) => features), 4);
  const levels = network.features(batch, { training: false });
  expectNewTensors(() => network.propose(levels), 2);
  expectNewTensors(() => network.auxiliary(levels), 1);
  const rois = noise([1, 2, 3, 3, 8], 1) as tf.Tensor5D;
  expectNewTensors(() => network.boxHead(rois, { training: false }), 2);
  network.dispose();
  tf.dispose([batch, rois, ...levels.map(({ features }) => features)]);
  expect(variables()).toBe(before);
});

test('options that cannot be built are an error', () => {
  expect(() => build({ ...pyramid, size: 100 })).toThrow(
    'Expected `size` to be a multiple of 32, received 100',
  );
  expect(() => build({ ...single, rpn: { ...rpn, anchorsPerCell: [3, 3] } })).toThrow(
    'Expected `anchorsPerCell` to have 1 numbers, received 2',
  );
  expect(() => build({ ...pyramid, pyramid: { channels: 8, strides: [2, 4] } })).toThrow(
    'Expected strides of 4, 8, received 2',
  );
  const network = build({ ...pyramid, auxiliary: false });
  expect(Object.keys(network.weights.all).some((name) => name.startsWith('auxiliary'))).toBe(false);
  expect(() => network.auxiliary([])).toThrow('Expected a network with `auxiliary`');
});
