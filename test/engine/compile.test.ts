import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { nativeBackend } from '../../src/engine/native.js';
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
