import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { nativeBackend } from '../../src/engine/native.js';
import { gatherRows } from '../../src/ops/gather.js';
import { runNative } from '../../src/ops/native-operation.js';
import { tf } from '../../src/tf.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

/** Adds twice the input to the state and returns the sum of the state. */
function makeTotal(mode: 'compiled' | 'eager' = 'compiled') {
  const total = tf.variable(tf.tensor1d([1, 2]));
  const x = tf.tensor1d([5, 5]);
  const add = ({ x }: { x: tf.Tensor1D }) => {
    total.assign(total.add(x.mul(2)));
    return { sum: total.sum(), x };
  };
  return { total, x, step: compile(add, { inputs: { x }, state: { total }, mode }) };
}

const temporaryFolders = () => readdirSync(tmpdir()).filter((name) => name.startsWith('nucleate-step-'));

test.each(['compiled', 'eager'] as const)(
  '%s: each run continues from the state of the run before',
  (mode) => {
    const { step } = makeTotal(mode);
    expect(step.mode).toBe(mode);
    expectTensorsClose(step.run({ x: tf.tensor1d([1, 1]) }).sum, 7, { atol: 0 }); // 1 + 2 + 2 + 2
    expectTensorsClose(step.run({ x: tf.tensor1d([10, 0]) }).sum, 27, { atol: 0 });
    expectTensorsClose(step.readState()['total']!, [23, 4], { atol: 0 });
    step.writeState({ total: tf.tensor1d([5, 6]) });
    expectTensorsClose(step.run({ x: tf.tensor1d([0, 1]) }).sum, 13, { atol: 0 });
  },
);

test('recording and running leave the variables and the inputs as they were', () => {
  const { total, x, step } = makeTotal();
  step.run({ x: tf.tensor1d([1, 1]) });
  expectTensorsClose(total, [1, 2], { atol: 0 });
  expectTensorsClose(x, [5, 5], { atol: 0 });
});

test('an input may be returned as it is', () => {
  const { step } = makeTotal();
  expectTensorsClose(step.run({ x: tf.tensor1d([3, 4]) }).x, [3, 4], { atol: 0 });
});

test('two variables that share data stay two', () => {
  const a = tf.variable(tf.tensor1d([1]));
  const b = tf.variable(a);
  const add = ({ x }: { x: tf.Tensor }) => {
    a.assign(a.add(x));
    return { b: b.mul(1) };
  };
  const step = compile(add, { inputs: { x: tf.tensor1d([10]) }, state: { a, b }, mode: 'compiled' });
  step.run({ x: tf.tensor1d([10]) });
  expectTensorsClose(step.run({ x: tf.tensor1d([10]) }).b, [1], { atol: 0 });
  expectTensorsClose(step.readState()['a']!, [21], { atol: 0 });
});

test('state is written and read to the bit', () => {
  const bits = Uint32Array.of(0x80000000, 1, 0x7fc12345, 0xff800000, 0x3f800001); // -0, denormal, NaN, -infinity
  const values = tf.variable(tf.tensor1d(new Float32Array(5)));
  const count = tf.variable(tf.scalar(0, 'int32'), false, undefined, 'int32');
  const step = compile(() => ({ sum: values.sum(), count: count.add(tf.scalar(1, 'int32')) }), {
    inputs: {},
    state: { values, count },
    mode: 'compiled',
  });
  step.writeState({
    values: tf.tensor1d(new Float32Array(bits.buffer)),
    count: tf.scalar(2 ** 31 - 1, 'int32'),
  });
  const read = step.readState();
  expect(new Uint32Array((read['values']!.dataSync() as Float32Array).buffer)).toEqual(bits);
  expect(read['count']!.dtype).toBe('int32');
  expect(read['count']!.dataSync()[0]).toBe(2 ** 31 - 1);
});

test('the error names the tensor that does not fit', () => {
  const { step } = makeTotal();
  const expected = 'Expected input `x` to be float32 [2], received ';
  expect(() => step.run({ x: tf.tensor1d([1, 2, 3]) })).toThrow(`${expected}float32 [3]`);
  expect(() => step.run({ x: tf.tensor1d([1, 2], 'int32') })).toThrow(`${expected}int32 [2]`);
  expect(() => step.run({} as never)).toThrow(`${expected}nothing`);
  expect(() => step.writeState({ totals: tf.scalar(1) })).toThrow('Expected no state named `totals`');
});

test('a run leaves only its outputs; dispose frees the session', () => {
  const sessions = () => nativeBackend().binding.getNumOfSavedModels();
  const before = sessions();
  const { step } = makeTotal();
  const x = tf.tensor1d([1, 1]);
  expect(sessions()).toBe(before + 1);
  expectNewTensors(() => step.run({ x }), 2);
  expectNewTensors(() => step.readState(), 1);
  expectNewTensors(() => step.writeState({ total: x }), 0);
  step.dispose();
  step.dispose();
  expect(sessions()).toBe(before);
  expect(() => step.run({ x })).toThrow('This compiled step has been disposed.');
});

test('the temporary files are deleted, also after an error', () => {
  const before = temporaryFolders();
  makeTotal();
  expect(temporaryFolders()).toEqual(before);
  // In eager mode the native library infers the type; a graph without it cannot be loaded.
  const untyped = () => ({ y: runNative('Relu', [], [tf.tensor1d([1])])[0]! });
  expect(() => compile(untyped, { inputs: {}, state: {}, mode: 'compiled' })).toThrow(/No attr named 'T'/);
  expect(temporaryFolders()).toEqual(before);
});

test('compiling leaves no tensor behind but the session', () => {
  const total = tf.variable(tf.tensor1d([1, 2]));
  const x = tf.tensor1d([1, 1]);
  const work = () => {
    const step = compile(
      () => {
        total.assign(total.add(x.shape[0]));
        return { sum: total.sum() };
      },
      { inputs: { x }, state: { total }, mode: 'compiled' },
    );
    step.dispose();
  };
  expectNewTensors(work, 0);
});

test('an axis can be added, although tfjs-node does not give the types of that operation', () => {
  const x = tf.tensor2d([1, 2, 3, 4], [2, 2]);
  const step = compile(({ x }: { x: tf.Tensor2D }) => ({ y: x.expandDims<tf.Tensor3D>(1) }), {
    inputs: { x },
    state: {},
    mode: 'compiled',
  });
  const { y } = step.run({ x });
  expect(y.shape).toEqual([2, 1, 2]);
  expect([...y.dataSync()]).toEqual([1, 2, 3, 4]);
  tf.dispose([x, y]);
  step.dispose();
});

test('runs beside JavaScript give what runs give, each its own, in any number at once', async () => {
  const kernel = tf.variable(tf.randomNormal([3, 3, 4, 4], 0, 1, 'float32', 1));
  const step = compile(
    ({ x }: { x: tf.Tensor4D }) => ({ y: tf.conv2d(x, kernel as tf.Tensor4D, 1, 'same'), x }),
    {
      inputs: { x: tf.zeros<tf.Rank.R4>([1, 8, 8, 4]) },
      state: { kernel },
      mode: 'compiled',
      frozen: true,
    },
  );
  const inputs = Array.from({ length: 6 }, (_, seed) =>
    tf.randomNormal<tf.Rank.R4>([1, 8, 8, 4], 0, 1, 'float32', seed),
  );
  const expected = inputs.map((x) => tf.tidy(() => step.run({ x }).y.dataSync()));
  const before = tf.memory().numTensors;
  const running = inputs.map((x) => step.runAsync({ x }));
  // What it was given may go at once.
  for (const x of inputs) x.dispose();
  const outputs = await Promise.all(running);
  expect(outputs.map(({ y }) => y.dataSync())).toEqual(expected);
  tf.dispose(outputs);
  expect(tf.memory().numTensors).toBe(before - inputs.length);
  step.dispose();
});

test('a step that is disposed ends what runs, and runs no more', async () => {
  const { step } = makeTotal();
  const sessions = nativeBackend().binding.getNumOfSavedModels();
  const running = step.runAsync({ x: tf.tensor1d([1, 1]) });
  step.dispose();
  expect(nativeBackend().binding.getNumOfSavedModels()).toBe(sessions);
  expectTensorsClose((await running).sum, 7, { atol: 0 });
  expect(nativeBackend().binding.getNumOfSavedModels()).toBe(sessions - 1);
  await expect(step.runAsync({ x: tf.tensor1d([1, 1]) })).rejects.toThrow('disposed');
});

test('what is wrong with a run beside JavaScript comes by its promise', async () => {
  const { step } = makeTotal();
  await expect(step.runAsync({ x: tf.tensor1d([1]) })).rejects.toThrow('Expected input `x`');
  const { binding } = nativeBackend();
  expect(() => binding.runSavedModelAsync(999_999, [], '', 'a:0')).toThrow('There is no session 999999.');
  // TensorFlow itself finds the fault.
  const one = compile(({ index }: { index: tf.Tensor1D }) => ({ y: gatherRows(tf.ones([2]), index) }), {
    inputs: { index: tf.tensor1d([0], 'int32') },
    state: {},
    mode: 'compiled',
  });
  await expect(one.runAsync({ index: tf.tensor1d([5], 'int32') })).rejects.toThrow('is not in [0, 2)');
  const { y } = await one.runAsync({ index: tf.tensor1d([1], 'int32') });
  expectTensorsClose(y, [1], { atol: 0 });
});
