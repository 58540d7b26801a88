import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { output } from '../../src/engine/graph.js';
import { nativeBackend } from '../../src/engine/native.js';
import { hoistInvariants } from '../../src/engine/hoist.js';
import { type Recording, recordStep } from '../../src/engine/record-step.js';
import { tf } from '../../src/tf.js';
import { expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

/** `fixed` is never changed, `moving` is. */
function makeStep() {
  const fixed = tf.variable(tf.tensor1d([3, 4]));
  const moving = tf.variable(tf.tensor1d([0, 0]));
  const step = ({ x }: { x: tf.Tensor1D }) => {
    const scale = tf.rsqrt(fixed.add(1)); // invariant
    moving.assign(moving.add(x));
    return { y: x.mul(scale), scale, sum: moving.mul(scale).sum(), fixed: fixed.clone() };
  };
  return { step, inputs: { x: tf.tensor1d([1, 1]) }, state: { fixed, moving } };
}

/** Placeholders for the whole state, by its handles. */
const fedTo = ({ state }: Recording) =>
  new Map(Object.entries(state).map(([name, handle]) => [handle, output(`write/${name}`)]));

test('what depends only on unchanged state is computed once', () => {
  const { step, inputs, state } = makeStep();
  const recording = recordStep(nativeBackend(), step as never, inputs, state);
  expect(hoistInvariants(recording, fedTo(recording))).toBe('prepared:0');
  const nodes = recording.graph.nodes;
  expect(nodes.filter(({ name }) => /^hoisted\/\d+$/.test(name))).toHaveLength(1);
  const users = (op: string) => nodes.filter(({ inputs }) => inputs.some((input) => input.startsWith(op)));
  // From the fed values, so that writing and preparing are one run.
  expect(nodes.find(({ op }) => op === 'Add')!.inputs[0]).toBe('write/fixed:0');
  expect(users('Rsqrt').map(({ op }) => op)).toEqual(['AssignVariableOp']);
  // The product with `x`, the one with the moving variable, and the output.
  expect(users('hoisted/0/value')).toHaveLength(3);
});

test('a new state is used after it is written', () => {
  const { step: record, inputs, state } = makeStep();
  const step = compile(record, { inputs, state, mode: 'compiled' });
  expectTensorsClose(step.run(inputs).y, [1 / Math.sqrt(4), 1 / Math.sqrt(5)], { atol: 1e-6 });
  step.writeState({ fixed: tf.tensor1d([8, 15]) });
  const results = step.run(inputs);
  expectTensorsClose(results.y, [1 / 3, 1 / 4], { atol: 1e-6 });
  expectTensorsClose(results.scale, [1 / 3, 1 / 4], { atol: 1e-6 });
  expectTensorsClose(results.sum, 2 / 3 + 2 / 4, { atol: 1e-6 });
  expectTensorsClose(results.fixed, [8, 15], { atol: 0 });
  // All of it is written and prepared in one run of the graph.
  step.writeState({ fixed: tf.tensor1d([24, 3]), moving: tf.tensor1d([0, 0]) });
  const later = step.run(inputs);
  expectTensorsClose(later.y, [1 / 5, 1 / 2], { atol: 1e-6 });
  expectTensorsClose(later.sum, 1 / 5 + 1 / 2, { atol: 1e-6 });
});

test('a step that changes all of its state has nothing to compute once', () => {
  const { inputs, state } = makeStep();
  const step = ({ x }: { x: tf.Tensor1D }) => {
    state.moving.assign(state.moving.add(1).mul(x));
    return { x };
  };
  const recording = recordStep(nativeBackend(), step as never, inputs, { moving: state.moving });
  expect(hoistInvariants(recording, fedTo(recording))).toBeUndefined();
});
