import { afterAll, expect, test } from 'vitest';
import { measureInstances } from '../../src/data/geometry/label-image.js';
import { boxAt } from '../../src/data/geometry/box.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { drawSegmentationSample } from '../../src/data/augment/segmentation-sample.js';
import { segmentationBatch } from '../../src/data/loader/segmentation-batch.js';
import { networkCrops } from '../../src/models/segmenter/crops.js';
import { buildSegmenter } from '../../src/models/segmenter/network.js';
import { weightsOf } from '../../src/models/weights.js';
import { SegmenterPredictor } from '../../src/predict/segment.js';
import { randomFor } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { discs, noAugment } from '../data/augment/samples.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();
afterAll(() => tf.disposeVariables());

const configOf = (inference: object = {}) =>
  SegmenterConfig.parse({
    ...{ task: 'segmenter', model: { width: 0.125, depth: 3 } },
    loader: { cropSize: 16, minMargin: 2, jitter: 0, augment: noAugment },
    inference: { batchSize: 4, ...inference },
  });

/** Weights that say something: those at the beginning, with other statistics and offsets. */
function someWeights(): Record<string, tf.Tensor> {
  const { loader, model } = configOf();
  const network = buildSegmenter({ ...model, size: loader.cropSize, seed: 7 });
  const weights = Object.entries(weightsOf(network).all).map(([name, variable], index) => {
    const noise = () => tf.randomUniform(variable.shape, 0, 0.5, 'float32', index + 1);
    return [name, tf.tidy(() => variable.add(name.endsWith('/kernel') ? 0 : noise()))] as const;
  });
  network.dispose();
  return Object.fromEntries(weights);
}

const list = [
  { x: 9, y: 10, radius: 6 },
  { x: 22, y: 12, radius: 5 },
  { x: 30, y: 30, radius: 9 },
  { x: 8, y: 33, radius: 3 },
  { x: 43, y: 9, radius: 8 },
  { x: 44, y: 40, radius: 4 },
];
const example = discs(50, 46, list, 3);
const instances = measureInstances(example.labelImage, example.instanceCount);

function predictorOf(inference: object, mode: 'compiled' | 'eager' = 'compiled'): SegmenterPredictor {
  const predictor = new SegmenterPredictor({ config: configOf(inference), mode });
  const weights = someWeights();
  predictor.load(weights);
  tf.dispose(weights);
  return predictor;
}

test('a crop is the same to the bit, whatever else is segmented with it', async () => {
  const predictor = predictorOf({});
  const together = await predictor.segment(example, instances.boxes);
  expect(together).toHaveLength(6);
  for (let k = 0; k < 6; k++) {
    const [alone] = await predictor.segment(example, instances.boxes.slice(4 * k, 4 * k + 4));
    expect(alone).toEqual(together[k]);
  }
  expect(new Set(together.map(({ body }) => body.join())).size).toBe(6);
  expect(await predictor.segment(example, new Float32Array(0))).toEqual([]);
});

test('gets the same crops as in training, and returns the output of the network', async () => {
  const config = configOf();
  const { loader, model } = config;
  const drawn = Array.from({ length: 6 }, (_, k) => ({
    ...{ id: 'x', label: k + 1 },
    ...drawSegmentationSample(
      example,
      instances,
      k + 1,
      { ...loader, size: 16 },
      loader.augment,
      randomFor(k),
    ),
  }));
  const batch = segmentationBatch(drawn, loader, 6);
  const network = buildSegmenter({ ...model, size: 16, seed: 1 });
  const weights = someWeights();
  for (const [name, variable] of Object.entries(weightsOf(network).all)) variable.assign(weights[name]!);
  const crops = networkCrops(
    tf.tensor4d(batch.images, [6, 16, 16, 3]),
    tf.tensor2d(batch.boxes, [6, 4]),
    model,
  );
  const expected = tf.softmax(network.apply(crops) as tf.Tensor).arraySync() as number[][][][];
  const actual = await predictorOf({}).segment(example, instances.boxes);
  for (const [k, { body, border }] of actual.entries()) {
    const pixels = expected[k]!.flat();
    body.forEach((value, i) => expect(value).toBeCloseTo(pixels[i]![1]!, 4));
    border.forEach((value, i) => expect(value).toBeCloseTo(pixels[i]![2]!, 4));
  }
});

test('the window shows the box in its middle, with its margin', async () => {
  const [crop] = await predictorOf({}).segment(example, Float32Array.of(10, 20, 14, 28));
  // Longer side 8, margin max(0.25 * 8, 2) = 2 on each side.
  expect(crop).toMatchObject({ x: 12 - 6, y: 24 - 6, side: 12, size: 16 });
});

test('with tta, a mirrored image gives the mirrored mask', async () => {
  const { width, height } = example.image;
  const data = example.image.data.map((_, i) => {
    const [pixel, channel] = [Math.floor(i / 3), i % 3];
    const mirrored = Math.floor(pixel / width) * width + (width - 1 - (pixel % width));
    return example.image.data[3 * mirrored + channel]!;
  });
  const mirrored = { image: { ...example.image, width, height, data } };
  const { x1, y1, x2, y2 } = boxAt(instances.boxes, 1);
  const maps = async (inference: object) => {
    const predictor = predictorOf(inference);
    const [crop] = await predictor.segment(example, Float32Array.of(x1, y1, x2, y2));
    const [other] = await predictor.segment(mirrored, Float32Array.of(width - x2, y1, width - x1, y2));
    return crop!.body.map((value, i) => {
      const opposite = 16 * Math.floor(i / 16) + (15 - (i % 16));
      return Math.abs(value - other!.body[opposite]!);
    });
  };
  expect(Math.max(...(await maps({ tta: true })))).toBeLessThan(1e-5);
  expect(Math.max(...(await maps({ tta: false })))).toBeGreaterThan(1e-3);
});

test('compiled and eager agree; other weights give other masks', async () => {
  const compiled = predictorOf({});
  const eager = await predictorOf({}, 'eager').segment(example, instances.boxes);
  const first = await compiled.segment(example, instances.boxes);
  for (const [k, { body }] of first.entries())
    body.forEach((value, i) => expect(value).toBeCloseTo(eager[k]!.body[i]!, 5));
  const weights = someWeights();
  compiled.load({ 'logits/bias': weights['logits/bias']!.add(1).mul(tf.tensor1d([1, -1, 1])) });
  const [changed] = await compiled.segment(example, instances.boxes);
  expect(changed!.body).not.toEqual(first[0]!.body);
});

test('leaves no tensor behind', async () => {
  const use = async () => {
    const predictor = predictorOf({});
    await predictor.segment(example, instances.boxes);
    predictor.dispose();
  };
  await use();
  const before = tf.memory().numTensors;
  await use();
  expect(tf.memory().numTensors).toBe(before);
});
