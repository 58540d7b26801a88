import { expect, test } from 'vitest';
import { DetectorConfig } from '../../../src/config/detector.js';
import { compile } from '../../../src/engine/compile.js';
import { nativeBackend } from '../../../src/engine/native.js';
import { recordStep } from '../../../src/engine/record-step.js';
import {
  buildDetector,
  type Detector,
  type DetectorInputs,
  detectorLossNames,
} from '../../../src/models/detector/detector.js';
import { lossGradients } from '../../../src/ops/gradients.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { describeCall, noteNativeCalls } from '../../helpers/native-calls.js';
import { expectNewTensors, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const size = 64;
const maxBoxes = 8;
const count = 2;

/** A small network; `changes` are keys of `model`. */
const modelOf = (changes: object = {}) =>
  DetectorConfig.parse({
    task: 'detector',
    model: {
      backbone: { width: 0.125, block35: 1, block17: 1, block8: 1 },
      levels: [
        { stride: 4, sizes: [12, 16] },
        { stride: 8, sizes: [21] },
      ],
      pyramidChannels: 8,
      rpn: { channels: 8 },
      proposals: { trainPreNmsTopK: 40, trainPostNmsTopK: 20, preNmsTopK: 60, postNmsTopK: 30 },
      boxHead: { units: [16], batchSizePerImage: 16 },
      ...changes,
    },
  }).model;

const single = {
  kind: 'single',
  levels: [{ stride: 16, sizes: [20, 40] }],
  rpn: { channels: 8, loss: 'sampled', boxLoss: 'smooth-l1' },
  boxHead: { poolSize: 5, batchSizePerImage: 8, softLabels: false, boxLoss: 'smooth-l1' },
  auxiliaryWeight: 0,
};

/** Three nuclei in the first image and none in the second. */
function inputsFor(
  detector: Detector,
  { hasMaps = true, hasNuclei = true, ignored = 0 } = {},
): DetectorInputs {
  const random = randomFor(1, 'test');
  const uniform = (shape: number[]) =>
    tf.tensor(
      Float32Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.uniform()),
      shape,
    );
  const keys = detector.randomKeys(count, maxBoxes);
  const boxes = new Float32Array(count * maxBoxes * 4);
  const valid = new Float32Array(count * maxBoxes);
  if (hasNuclei) {
    boxes.set([4, 4, 18, 16, 30, 30, 50, 52, 40, 2, 60, 20]);
    valid.fill(1, 0, 3);
  }
  const side = size / detector.finestStride;
  return {
    images: uniform([count, size, size, 3]) as tf.Tensor4D,
    gtBoxes: tf.tensor3d(boxes, [count, maxBoxes, 4]),
    gtValid: tf.tensor2d(valid, [count, maxBoxes]),
    ignore: tf.fill<tf.Rank.R3>([count, size, size], ignored),
    anchorKeys: uniform([...keys.anchors]) as tf.Tensor2D,
    roiKeys: uniform([...keys.rois]) as tf.Tensor2D,
    ...(hasMaps && {
      mapTargets: uniform([count, side, side, 2]) as tf.Tensor4D,
      mapWeights: tf.fill<tf.Rank.R3>([count, side, side], 1 - ignored),
    }),
  };
}

const values = (parts: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(parts).map(([name, part]) => [name, part.dataSync()[0]!]));

test.each([
  ['pyramid', {}, true],
  ['single', single, false],
])(
  '%s: the loss is the sum of its parts, and every trainable weight has a gradient',
  (_, changes, hasMaps) => {
    const model = modelOf(changes);
    const detector = buildDetector(model, { size, seed: 1 });
    const inputs = inputsFor(detector, { hasMaps });
    const { parts, gradients } = lossGradients(detector.weights.trainable, () => detector.losses(inputs));
    const { loss, ...rest } = values(parts);
    expect(Object.keys(rest)).toEqual(detectorLossNames(model));
    expect(Object.values(rest).every((part) => Number.isFinite(part) && part > 0)).toBe(true);
    expect(loss).toBeCloseTo(
      Object.values(rest).reduce((sum, part) => sum + part, 0),
      4,
    );
    const without = Object.entries(gradients).filter(
      ([, gradient]) => !(tf.max(tf.abs(gradient)).dataSync()[0]! > 0),
    );
    expect(without.map(([name]) => name)).toEqual([]);
    tf.dispose([{ ...inputs }, parts, gradients]);
    detector.dispose();
  },
);

test('without nuclei the box losses are 0; where nothing is reviewed all losses are', () => {
  const detector = buildDetector(modelOf(), { size, seed: 1 });
  const empty = values(detector.losses(inputsFor(detector, { hasNuclei: false })));
  expect(empty).toMatchObject({ proposalBoxes: 0, boxes: 0 });
  expect(empty['objectness']).toBeGreaterThan(0);
  const ignored = values(detector.losses(inputsFor(detector, { hasNuclei: false, ignored: 1 })));
  expect(ignored).toEqual({ loss: 0, objectness: 0, proposalBoxes: 0, classes: 0, boxes: 0, maps: 0 });
  detector.dispose();
});

test('compiled losses are the eager ones, and a frozen network keeps its statistics', () => {
  const detector = buildDetector(modelOf({ normalization: 'frozen' }), { size, seed: 1 });
  const inputs = inputsFor(detector);
  const statistics = () =>
    Object.entries(detector.weights.all).flatMap(([name, of]) =>
      name in detector.weights.trainable ? [] : [...of.dataSync()],
    );
  const before = statistics();
  const eager = values(detector.losses(inputs));
  expect(statistics()).toEqual(before);
  const tensors = inputs as unknown as Record<string, tf.Tensor>;
  const step = compile(
    (given: Record<string, tf.Tensor>) => ({ ...detector.losses(given as unknown as DetectorInputs) }),
    {
      inputs: tensors,
      state: detector.weights.all,
      mode: 'compiled',
    },
  );
  const compiled = values(step.run(tensors));
  for (const [name, value] of Object.entries(eager)) expect(compiled[name], name).toBeCloseTo(value, 4);
  step.dispose();
  detector.dispose();
});

test('detections are sorted, within the image, and none is kept twice', () => {
  const detector = buildDetector(modelOf({ detections: { scoreThreshold: 0, nmsThreshold: 0.5 } }), {
    size,
    seed: 1,
  });
  const { images } = inputsFor(detector);
  const found = detector.detect(images);
  expect(found.boxes.shape).toEqual([count, 30, 4]);
  const [boxes, scores, valid] = [found.boxes, found.scores, found.valid].map((tensor) => [
    ...tensor.dataSync(),
  ]);
  expect(valid).toContain(1);
  expect(boxes!.every((side) => side >= 0 && side <= size)).toBe(true);
  for (let image = 0; image < count; image++) {
    const own = scores!.slice(30 * image, 30 * (image + 1));
    expect(own).toEqual([...own].sort((a, b) => b - a));
  }
  expectNewTensors(() => detector.detect(images), 7);
  detector.dispose();
});

test('the same seed gives the same weights, and another one others', () => {
  const kernelOf = (seed: number) => {
    const detector = buildDetector(modelOf(), { size, seed });
    const [kernel] = Object.values(detector.weights.trainable);
    const first = [...kernel!.dataSync()];
    detector.dispose();
    return first;
  };
  expect(kernelOf(1)).toEqual(kernelOf(1));
  expect(kernelOf(2)).not.toEqual(kernelOf(1));
});

test('recorded without computing, every result has the shape that computing gives', () => {
  const detector = buildDetector(modelOf(), { size, seed: 1 });
  const inputs = { ...inputsFor(detector) };
  const step = (inputs: unknown) => {
    const found = detector.detect((inputs as DetectorInputs).images);
    const { parts, gradients } = lossGradients(detector.weights.trainable, () =>
      detector.losses(inputs as DetectorInputs),
    );
    return { ...found, ...parts, ...gradients };
  };
  const computed = noteNativeCalls(() => tf.dispose(step(inputs)));
  const { graph } = recordStep(nativeBackend(), step, inputs, detector.weights.all);
  const recorded = graph.nodes
    .filter(({ op, results }) => results.length > 0 && op !== 'ReadVariableOp')
    .map(({ op, results }) => describeCall(op, results));
  expect(recorded).toEqual(computed);
  expect(recorded.length).toBeGreaterThan(1000);
  tf.dispose(inputs);
  detector.dispose();
});
