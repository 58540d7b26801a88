import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.js';
import { makeAnchors } from '../../../src/models/detector/anchors.js';
import { makeProposals, type ProposalOptions } from '../../../src/models/detector/proposals.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { type Box, boxesOf, suppress } from './oracles.js';

useNativeCpu();

const [height, width] = [24, 32];
const grid = {
  size: [height, width] as const,
  levels: [
    { stride: 8, sizes: [8, 12], aspectRatios: [0.5, 2] },
    { stride: 16, sizes: [16], aspectRatios: [1] },
  ],
};
const anchors = boxesOf(makeAnchors(grid));
const options: ProposalOptions = {
  preNmsTopK: 30,
  postNmsTopK: 12,
  nmsThreshold: 0.2,
  minBoxSize: 4,
  boxWeights: [2, 2, 1, 1],
};

function makePredictions(seed: number) {
  const random = randomFor(seed, 'proposals');
  const uniform = (count: number, scale: number) =>
    Array.from({ length: count }, () => Math.fround((random.uniform() - 0.5) * 2 * scale));
  return {
    logits: [0, 1].map(() => uniform(anchors.length, 30)),
    deltas: [0, 1].map(() => anchors.map(() => uniform(4, 1))),
  };
}

type Predictions = ReturnType<typeof makePredictions>;

const tensorsOf = ({ logits, deltas }: Predictions) => ({
  objectnessLogits: tf.tensor2d(logits),
  deltas: tf.tensor3d(deltas),
});

/** Boxes and scores of one image, best first. */
function proposalsOracle({ logits, deltas }: Predictions, image: number) {
  const best = [...anchors.keys()].sort((a, b) => logits[image]![b]! - logits[image]![a]!).slice(0, 30);
  const boxes = best.map((a): Box => {
    const [x1, y1, x2, y2] = anchors[a]!;
    const [dx, dy, dw, dh] = deltas[image]![a]! as Box;
    const [x, y] = [(x1 + x2) / 2 + (dx / 2) * (x2 - x1), (y1 + y2) / 2 + (dy / 2) * (y2 - y1)];
    const [w, h] = [(x2 - x1) * Math.exp(dw), (y2 - y1) * Math.exp(dh)];
    const within = (value: number, most: number) => Math.min(most, Math.max(0, value));
    return [
      within(x - w / 2, width),
      within(y - h / 2, height),
      within(x + w / 2, width),
      within(y + h / 2, height),
    ];
  });
  const scores = best.map((a, k) => {
    const [x1, y1, x2, y2] = boxes[k]!;
    return x2 - x1 >= 4 && y2 - y1 >= 4 ? logits[image]![a]! : -Infinity;
  });
  const kept = suppress(boxes, scores, { iouThreshold: 0.2, scoreThreshold: -Infinity }).slice(0, 12);
  const padding = Array.from({ length: 12 - kept.length }, () => 0);
  return {
    rois: [...kept.map((k) => boxes[k]!), ...padding.map((): Box => [0, 0, 0, 0])],
    scores: [...kept.map((k) => 1 / (1 + Math.exp(-scores[k]!))), ...padding],
    valid: [...kept.map(() => 1), ...padding],
  };
}

test.each(['compiled', 'eager'] as const)('%s: random predictions: equal to loops', (mode) => {
  const inputs = tensorsOf(makePredictions(1));
  const step = compile((predictions: typeof inputs) => ({ ...makeProposals(predictions, grid, options) }), {
    inputs,
    state: {},
    mode,
  });
  const found: number[] = [];
  for (let seed = 1; seed <= 20; seed++) {
    const predictions = makePredictions(seed);
    const { rois, scores, valid } = step.run(tensorsOf(predictions));
    const expected = [0, 1].map((image) => proposalsOracle(predictions, image));
    expectTensorsClose(
      rois,
      expected.map((image) => image.rois),
      { atol: 1e-4 },
    );
    expectTensorsClose(
      scores,
      expected.map((image) => image.scores),
      { atol: 1e-6 },
    );
    expectTensorsClose(
      valid,
      expected.map((image) => image.valid),
      { atol: 0 },
    );
    found.push(...expected.map((image) => image.valid.filter((value) => value === 1).length));
  }
  // Some images fill the room, some do not.
  expect(Math.max(...found)).toBe(12);
  expect(Math.min(...found)).toBeLessThan(12);
});

test('logits whose probabilities are equal in float32 keep their order', () => {
  const logits = anchors.map((_, a) => (a === 3 ? 40 : a === 0 ? 30 : -200));
  const predictions = {
    objectnessLogits: tf.tensor2d([logits]),
    deltas: tf.zeros<tf.Rank.R3>([1, anchors.length, 4]),
  };
  const { scores, rois } = makeProposals(predictions, grid, { ...options, minBoxSize: 0, nmsThreshold: 0 });
  expect([...scores.dataSync().slice(0, 2)]).toEqual([1, expect.any(Number)]);
  // Anchors 0 and 3 overlap; the better one stays.
  expectTensorsClose(rois.slice([0, 0, 0], [1, 1, 4]), [[clip(anchors[3]!)]], { atol: 1e-5 });
});

const clip = ([x1, y1, x2, y2]: Box): Box => [
  Math.max(0, x1),
  Math.max(0, y1),
  Math.min(width, x2),
  Math.min(height, y2),
];

test('all boxes too small: nothing is valid, everything is 0', () => {
  const predictions = tensorsOf(makePredictions(1));
  const { rois, scores, valid } = makeProposals(predictions, grid, { ...options, minBoxSize: 1000 });
  for (const tensor of [rois, scores, valid])
    expect(tensor.dataSync().every((value) => value === 0)).toBe(true);
});

test('no more room than anchors that are considered', () => {
  const predictions = tensorsOf(makePredictions(1));
  expect(makeProposals(predictions, grid, { ...options, preNmsTopK: 5 }).rois.shape).toEqual([2, 5, 4]);
  expect(
    makeProposals(predictions, grid, { ...options, preNmsTopK: 1e6, postNmsTopK: 1e6 }).valid.shape,
  ).toEqual([2, anchors.length]);
});

test('no gradient, no leak', () => {
  const { objectnessLogits, deltas } = tensorsOf(makePredictions(1));
  const byDeltas = (x: tf.Tensor) =>
    makeProposals({ objectnessLogits, deltas: x as tf.Tensor3D }, grid, options).rois;
  const byLogits = (x: tf.Tensor) =>
    makeProposals({ objectnessLogits: x as tf.Tensor2D, deltas }, grid, options).scores;
  const independent = 'encloses all operations that lead from x to y';
  expect(() => tf.grad(byDeltas)(deltas)).toThrow(independent);
  expect(() => tf.grad(byLogits)(objectnessLogits)).toThrow(independent);
  expectNewTensors(() => ({ ...makeProposals({ objectnessLogits, deltas }, grid, options) }), 3);
});
