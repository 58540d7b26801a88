import { expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.js';
import { sampleRois } from '../../../src/models/detector/roi-targets.js';
import { randomFor } from '../../../src/random.js';
import { tf } from '../../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { type Box, iou, randomBoxes } from './oracles.js';

useNativeCpu();

const size = 40;
const options = { positiveIou: 0.5, batchSizePerImage: 10, positiveFraction: 0.3 };

/** One image whose right half is ignored; some proposals are moved gtBoxes, so that some are positive. */
function makeCase(seed: number) {
  const random = randomFor(seed, 'rois');
  const gtBoxes = randomBoxes(random, 5, size);
  const near = gtBoxes.map(([x1, y1, x2, y2]): Box => [x1 + 1, y1, x2 + random.uniform(), y2]);
  const rois = [...randomBoxes(random, 9, size), ...near];
  const uniform = (count: number) => Array.from({ length: count }, () => Math.fround(random.uniform()));
  return {
    gtBoxes,
    gtValid: [1, 1, 1, 0, 0],
    rois,
    valid: rois.map((_, k) => (k % 5 === 4 ? 0 : 1)),
    keys: uniform(rois.length + gtBoxes.length),
  };
}

type Case = ReturnType<typeof makeCase>;

const tensorsOf = (cases: Case[]) => ({
  gtBoxes: tf.tensor3d(cases.map((one) => one.gtBoxes)),
  gtValid: tf.tensor2d(cases.map((one) => one.gtValid)),
  ignore: tf.tensor3d(
    cases.map(() =>
      Array.from({ length: size }, () => Array.from({ length: size }, (_, x) => (x < size / 2 ? 0 : 1))),
    ),
  ),
  rois: tf.tensor3d(cases.map((one) => one.rois)),
  valid: tf.tensor2d(cases.map((one) => one.valid)),
  keys: tf.tensor2d(cases.map((one) => one.keys)),
});

const sample = ({ keys, ...inputs }: ReturnType<typeof tensorsOf>) => ({
  ...sampleRois(inputs, inputs, keys, options),
});

function sampleOracle({ gtBoxes, gtValid, rois, valid, keys }: Case) {
  const real = gtBoxes.filter((_, k) => gtValid[k] === 1);
  const candidates = [...rois, ...gtBoxes].map((box, index) => {
    const ious = real.map((gt) => iou(box, gt));
    const most = Math.max(...ious);
    const isIgnored = Math.floor((box[0] + box[2]) / 2) >= size / 2;
    const label = most >= 0.5 ? 1 : isIgnored ? -1 : 0;
    const isValid = [...valid, ...gtValid][index] === 1;
    return { box, iou: most, gt: real[ious.indexOf(most)]!, label: isValid ? label : -1, key: keys[index]! };
  });
  const ranked = (label: number) =>
    candidates.filter((one) => one.label === label).sort((a, b) => b.key - a.key);
  const positives = ranked(1).slice(0, 3);
  return [...positives, ...ranked(0).slice(0, 10 - positives.length)];
}

test.each(['compiled', 'eager'] as const)('%s: random rois: equal to loops', (mode) => {
  const step = compile(sample, {
    inputs: tensorsOf([makeCase(1), makeCase(2)]),
    state: {},
    mode,
  });
  for (let seed = 1; seed <= 20; seed++) {
    const cases = [makeCase(seed), makeCase(seed + 100)];
    const { rois, valid, labels, matchedBoxes, iou } = step.run(tensorsOf(cases));
    for (const [image, one] of cases.entries()) {
      const expected = sampleOracle(one);
      const padded = <T>(values: T[], padding: T) => [
        ...values,
        ...Array.from({ length: 10 - values.length }, () => padding),
      ];
      const of = (tensor: tf.Tensor) => tf.unstack(tensor)[image]!;
      const nothing: Box = [0, 0, 0, 0];
      expectTensorsClose(of(valid), padded(expected.map(() => 1), 0), { atol: 0 }); // prettier-ignore
      expectTensorsClose(of(labels), padded(expected.map(({ label }) => label), 0), { atol: 0 }); // prettier-ignore
      expectTensorsClose(of(rois), padded(expected.map(({ box }) => box), nothing), { atol: 1e-5 }); // prettier-ignore
      expectTensorsClose(of(iou), padded(expected.map((one) => one.iou), 0), { atol: 1e-5 }); // prettier-ignore
      const positives = expected.filter(({ label }) => label === 1);
      expect(positives.length).toBeGreaterThan(0);
      expectTensorsClose(
        of(matchedBoxes).slice([0, 0], [positives.length, 4]),
        positives.map(({ gt }) => gt),
        { atol: 1e-5 },
      );
    }
  }
});

test('no proposal: the gtBoxes themselves are the rois', () => {
  const inputs = tensorsOf([makeCase(1)]);
  const { valid, labels, iou } = sample({ ...inputs, valid: tf.zerosLike(inputs.valid) });
  expect([...valid.dataSync()]).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  expect([...labels.dataSync()]).toEqual([1, 1, 1, 0, 0, 0, 0, 0, 0, 0]);
  [1, 1, 1].forEach((one, k) => expect(iou.dataSync()[k]).toBeCloseTo(one, 5));
});

test('no gtBox: only negatives; all ignored: no rois', () => {
  const inputs = tensorsOf([makeCase(1)]);
  const none = { ...inputs, gtValid: tf.zerosLike(inputs.gtValid) };
  const negatives = sample({ ...none, ignore: tf.zerosLike(inputs.ignore) });
  expect(negatives.labels.dataSync().every((label) => label === 0)).toBe(true);
  expect(negatives.valid.dataSync().every((valid) => valid === 1)).toBe(true);
  const nothing = sample({ ...none, ignore: tf.onesLike(inputs.ignore) });
  for (const tensor of Object.values(nothing))
    expect(tensor.dataSync().every((value) => value === 0)).toBe(true);
});

test('no gradient, no leak', () => {
  const inputs = tensorsOf([makeCase(1)]);
  const byRois = (x: tf.Tensor) => sample({ ...inputs, rois: x as tf.Tensor3D }).rois;
  expect(() => tf.grad(byRois)(inputs.rois)).toThrow('encloses all operations that lead from x to y');
  expectNewTensors(() => sample(inputs), 5);
});
