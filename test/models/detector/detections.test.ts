import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.js';
import { type DetectionOptions, makeDetections } from '../../../src/models/detector/detections.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { type Box, randomBoxes, suppress } from './oracles.js';

useNativeCpu();

const logit = (p: number) => Math.log(p / (1 - p));

const options: DetectionOptions = {
  size: [40, 50],
  boxWeights: [10, 10, 5, 5],
  proposalWeight: 0,
  maxPerTile: 3,
  nmsThreshold: 0.4,
  scoreThreshold: 0.2,
  minBoxSize: 1,
};

/** Two that overlap, one moved by its deltas, one with a low score, one outside of the image, padding. */
const found = () => ({
  rois: tf.tensor3d([
    [
      [0, 0, 10, 10],
      [1, 0, 11, 10],
      [20, 20, 30, 30],
      [30, 0, 40, 10],
      [40, 30, 50, 40],
      [0, 0, 0, 0],
    ],
  ]),
  scores: tf.tensor2d([[0.9, 0.4, 0.1, 0.9, 0.9, 0]]),
  valid: tf.tensor2d([[1, 1, 1, 1, 1, 0]]),
  roiLogits: tf.tensor2d([[logit(0.6), logit(0.8), logit(0.5), logit(0.1), logit(0.7), logit(0.99)]]),
  roiDeltas: tf.tensor3d([
    [
      [0, 0, 0, 0],
      [0, 0, 0, 0],
      [10, -5, 5 * Math.log(2), 0], // centre + (10, -5), width 20
      [0, 0, 0, 0],
      [10, 0, 0, 0], // out of the image
      [0, 0, 0, 0],
    ],
  ]),
});

const detect = (
  { rois, scores, valid, ...predictions }: ReturnType<typeof found>,
  changed: Partial<DetectionOptions> = {},
) => ({ ...makeDetections({ rois, scores, valid }, predictions, { ...options, ...changed }) });

test('hand-computed: overlaps, deltas, threshold, border and padding', () => {
  const { boxes, scores, valid, omitted } = detect(found());
  expectTensorsClose(
    boxes,
    [
      [
        [1, 0, 11, 10],
        [25, 15, 45, 25], // centre (35, 20), 20 x 10
        [0, 0, 0, 0],
      ],
    ],
    { atol: 1e-4 },
  );
  expectTensorsClose(scores, [[0.8, 0.5, 0]], { atol: 1e-6 });
  expectTensorsClose(valid, [[1, 1, 0]], { atol: 0 });
  expectTensorsClose(omitted, [0], { atol: 0 });
});

test('detections without room are counted', () => {
  const { valid, omitted, scores } = detect(found(), { maxPerTile: 1, scoreThreshold: 0.05 });
  expectTensorsClose(valid, [[1]], { atol: 0 });
  expectTensorsClose(scores, [[0.8]], { atol: 1e-6 });
  expectTensorsClose(omitted, [2], { atol: 0 }); // 0.5 and 0.1
});

test('the geometric mean with the score of the proposal', () => {
  const { scores, boxes } = detect(found(), { proposalWeight: 0.5 });
  // sqrt(0.6 * 0.9) beats sqrt(0.8 * 0.4).
  const expected = [Math.sqrt(0.6 * 0.9), Math.sqrt(0.1 * 0.9), Math.sqrt(0.5 * 0.1)];
  expectTensorsClose(scores, [expected], { atol: 1e-6 });
  expectTensorsClose(boxes.slice([0, 0, 0], [1, 1, 4]), [[[0, 0, 10, 10]]], { atol: 1e-5 });
});

test('nothing above the threshold: nothing is valid, everything is 0', () => {
  for (const tensor of Object.values(detect(found(), { scoreThreshold: 0.999 }))) {
    expect(tensor.dataSync().every((value) => value === 0)).toBe(true);
  }
});

test('a threshold of 0 lets no padding through; room for more than there are rois', () => {
  const all = { scoreThreshold: 0, nmsThreshold: 1, maxPerTile: 100 };
  const { valid, boxes } = detect(found(), { ...all, minBoxSize: 0 });
  expect(boxes.shape).toEqual([1, 6, 4]);
  expectTensorsClose(valid, [[1, 1, 1, 1, 1, 0]], { atol: 0 });
  // Of the one that lies outside nothing is left.
  expectTensorsClose(detect(found(), all).valid, [[1, 1, 1, 1, 0, 0]], { atol: 0 });
});

test.each(['compiled', 'eager'] as const)('%s: random rois: equal to loops', (mode) => {
  const changed = { maxPerTile: 5, scoreThreshold: 0.3 };
  const makeCase = (seed: number) => {
    const random = randomFor(seed, 'detections');
    const rois = [0, 1].map(() =>
      randomBoxes(random, 20, 40, 30).map((box): Box => [
        Math.max(0, box[0]),
        Math.max(0, box[1]),
        Math.min(50, box[2]),
        Math.min(40, box[3]),
      ]),
    );
    const logits = rois.map((image) => image.map(() => (random.uniform() - 0.5) * 6));
    return { rois, logits };
  };
  const tensorsOf = ({ rois, logits }: ReturnType<typeof makeCase>) => ({
    rois: tf.tensor3d(rois),
    scores: tf.ones<tf.Rank.R2>([2, 20]),
    valid: tf.ones<tf.Rank.R2>([2, 20]),
    roiLogits: tf.tensor2d(logits),
    roiDeltas: tf.zeros<tf.Rank.R3>([2, 20, 4]),
  });
  const step = compile((inputs: ReturnType<typeof found>) => detect(inputs, changed), {
    inputs: tensorsOf(makeCase(1)),
    state: {},
    mode,
  });
  for (let seed = 1; seed <= 20; seed++) {
    const one = makeCase(seed);
    const { boxes, valid, omitted } = step.run(tensorsOf(one));
    for (const image of [0, 1]) {
      const scores = one.logits[image]!.map((z, k) => {
        const [x1, y1, x2, y2] = one.rois[image]![k]!;
        return x2 - x1 >= 1 && y2 - y1 >= 1 ? 1 / (1 + Math.exp(-z)) : 0;
      });
      const kept = suppress(one.rois[image]!, scores, { iouThreshold: 0.4, scoreThreshold: 0.3 });
      const count = Math.min(5, kept.length);
      expect(omitted.arraySync()[image]).toBe(kept.length - count);
      expect(valid.arraySync()[image]).toEqual([1, 1, 1, 1, 1].map((_, k) => (k < count ? 1 : 0)));
      expectTensorsClose(
        boxes.slice([image, 0, 0], [1, count, 4]),
        [kept.slice(0, 5).map((k) => one.rois[image]![k]!)],
        { atol: 1e-4 },
      );
    }
  }
});

test('detecting leaves only its results', () => {
  const inputs = found();
  expectNewTensors(() => detect(inputs), 4);
});
