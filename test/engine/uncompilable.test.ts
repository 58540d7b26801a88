import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { NucleateError } from '../../src/errors.js';
import { runNative } from '../../src/ops/native-operation.js';
import { createMomentum } from '../../src/ops/optimizers.js';
import { randomFor } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

type Inputs = { readonly x: tf.Tensor1D };

/** The error of compiling this step with one input and the variable `known`. */
function refusalFor(step: (inputs: Inputs, known: tf.Variable) => Record<string, tf.Tensor>): NucleateError {
  const known = tf.variable(tf.tensor1d([1, 2]));
  const x = tf.tensor1d([3, 4]);
  let error: unknown;
  try {
    compile((inputs: Inputs) => step(inputs, known), { inputs: { x }, state: { known }, mode: 'compiled' });
  } catch (thrown) {
    error = thrown;
  }
  // After any error the process works as before.
  expectTensorsClose(known, [1, 2], { atol: 0 });
  expectTensorsClose(x.add(1), [4, 5], { atol: 0 });
  expect(error).toBeInstanceOf(NucleateError);
  expect((error as NucleateError).hint).toMatch(/Or run the step eagerly \(--eager\)\.$/);
  return error as NucleateError;
}

const outside = tf.tensor1d.bind(undefined, [1, 2]);

test('reading a tensor', () => {
  const error = refusalFor(({ x }) => ({ y: x.mul(x.square().sum().dataSync()[0]!) }));
  expect(error.message).toMatch(/^The step reads the values of Sum_\d+ while it is recorded\.$/);
  expect(error.hint).toMatch(/^Return the tensor as an output/);
});

test('reading an input or a variable', () => {
  expect(refusalFor(({ x }) => ({ y: x.mul(x.dataSync()[0]!) })).message).toContain('input/0');
  expect(refusalFor(({ x }, known) => ({ y: x.mul(known.dataSync()[0]!) })).message).toContain('known');
});

test('randomness of JavaScript, seeded in a stream or not', () => {
  const expected = /^The step is not the same each time: Const_\d+ differs between two calls\.$/;
  expect(refusalFor(({ x }) => ({ y: x.mul(Math.random()) })).message).toMatch(expected);
  expect(refusalFor(({ x }) => ({ y: tf.dropout(x, 0.5) })).message).toMatch(expected);
  const random = randomFor(1, 'test');
  const error = refusalFor(({ x }) => ({ y: x.mul(random.uniform()) }));
  expect(error.message).toMatch(expected);
  expect(error.hint).toMatch(/^Pass what changes/);
});

test('counters, and a graph that changes', () => {
  let calls = 0;
  expect(refusalFor(({ x }) => ({ y: calls++ === 0 ? x.square() : x.sqrt() })).message).toMatch(
    /Square_\d+ differs/,
  );
});

test('operations whose result has no fixed size, or that draw random numbers', () => {
  expect(refusalFor(({ x }) => ({ y: tf.unique(x).values })).message).toBe(
    'UniqueV2 cannot be compiled: the size of its result depends on values.',
  );
  const suppress = ({ x }: Inputs) => ({
    y: tf.image.nonMaxSuppression(x.reshape([1, 2]).tile([1, 2]), x.slice(0, 1), 1),
  });
  expect(refusalFor(suppress)).toBeInstanceOf(NucleateError);
  expect(refusalFor(({ x }) => ({ y: tf.multinomial(x, 1) })).message).toMatch(
    /^Multinomial cannot be compiled/,
  );
});

test('a tensor from outside that is neither input nor state', () => {
  const offset = outside();
  const error = refusalFor(({ x }) => ({ y: x.add(offset) }));
  expect(error.message).toBe(
    'The step passes to Add a tensor that is neither an input nor state and is not made by the step itself.',
  );
});

test('a variable that is not among the state', () => {
  const other = tf.variable(outside(), true, 'other-variable');
  const assign = ({ x }: Inputs) => {
    other.assign(x.add(1));
    return { x };
  };
  expect(refusalFor(assign).message).toBe(
    'The step assigns to the variable other-variable, which is not among the state.',
  );
  expectTensorsClose(other, [1, 2], { atol: 0 });
  const make = ({ x }: Inputs) => ({ y: tf.variable(x, true, 'new-variable').add(1) });
  expect(refusalFor(make).message).toBe(
    'The step makes the variable new-variable, which is not among the state.',
  );
  const optimizer = createMomentum({ other }, { momentum: 0.9, nesterov: false });
  const train = ({ x }: Inputs) => {
    optimizer.apply({ other: x }, x.sum());
    return { x };
  };
  expect(refusalFor(train).message).toBe(
    'ResourceApplyMomentum changes the variable other-variable, which is not among the state.',
  );
});

test('a tensor that is kept', () => {
  expect(refusalFor(({ x }) => ({ y: tf.keep(x.square()).sum() })).message).toMatch(
    /^The step keeps tensors/,
  );
});

test('a promise instead of tensors', () => {
  const step = (({ x }: Inputs) => ({ y: Promise.resolve(x) })) as never;
  expect(refusalFor(step).message).toBe("The step's output `y` is not a tensor.");
});

test('a compiled step within the step', () => {
  const x = outside();
  const inner = compile(({ x }: Inputs) => ({ y: x.add(1) }), { inputs: { x }, state: {}, mode: 'compiled' });
  expect(refusalFor(({ x }) => inner.run({ x })).message).toBe('The step runs a compiled step.');
});

test('an attribute of an unknown kind', () => {
  const unknown = { name: 'T', type: 9, value: 1 };
  const x = outside();
  const step = ({ x }: Inputs) => ({ y: runNative('Relu', [unknown], [x])[0]! });
  expect(() => compile(step, { inputs: { x }, state: {}, mode: 'compiled' })).toThrow(/attr|attribute/i);
});
