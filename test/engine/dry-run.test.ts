import { expect, test } from 'vitest';
import { DryRun } from '../../src/engine/dry-run.js';
import { attr, dataTypes, nativeBackend } from '../../src/engine/native.js';
import { recordStep } from '../../src/engine/record-step.js';
import { updateInPlace } from '../../src/engine/in-place.js';
import { tf } from '../../src/tf.js';
import { noteNativeCalls } from '../helpers/native-calls.js';
import { expectNewTensors, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const recordSquares = (times: number) =>
  noteNativeCalls(() => {
    const step = ({ x }: Readonly<Record<string, tf.Tensor>>) => {
      let y = x!;
      for (let index = 0; index < times; index++) y = y.square();
      return { y };
    };
    recordStep(nativeBackend(), step, { x: tf.ones([64, 64]) }, {});
  });

test('an operation is computed once, however often the step repeats it', () => {
  expect(recordSquares(50).length).toBe(recordSquares(2).length);
});

test('an update is not computed', () => {
  const total = tf.variable(tf.zeros([3]));
  const add = ({ x }: Readonly<Record<string, tf.Tensor>>) => {
    const attributes = [attr.type('T', 'float32')];
    updateInPlace({
      op: 'ResourceApplyGradientDescent',
      variables: [total],
      inputs: [tf.scalar(1), x!],
      attributes,
    });
    return { total: total.add(1) };
  };
  const calls = noteNativeCalls(() => recordStep(nativeBackend(), add, { x: tf.ones([3]) }, { total }));
  expect(calls.filter((call) => call.startsWith('ResourceApply'))).toEqual([]);
  expect([...total.dataSync()]).toEqual([0, 0, 0]);
});

test('sizes that follow from constants keep their values', () => {
  const { graph } = recordStep(
    nativeBackend(),
    ({ x }) => {
      const side = tf.tensor1d([2, 3], 'int32').add(tf.tensor1d([2, 1], 'int32'));
      const repeats = nativeBackend().executeMultipleOutputs(
        'Tile',
        [attr.type('T', 'float32'), attr.type('Tmultiples', 'int32')],
        [x!, side],
        1,
      );
      return { y: repeats[0]! };
    },
    { x: tf.ones([5, 2]) },
    {},
  );
  expect(graph.nodes.find(({ op }) => op === 'Tile')!.results[0]!.shape).toEqual([20, 8]);
});

test('a value computed from an input may divide integers', () => {
  const step = ({ x }: Readonly<Record<string, tf.Tensor>>) => ({
    quotient: tf.floorDiv(tf.scalar(7, 'int32'), x!.add(tf.scalar(1, 'int32'))),
    rest: tf.mod(tf.scalar(7, 'int32'), x!.add(tf.scalar(1, 'int32'))),
  });
  const { graph } = recordStep(nativeBackend(), step, { x: tf.ones([3], 'int32') }, {});
  expect(
    graph.nodes.filter(({ op }) => op.startsWith('Floor')).map(({ results }) => results[0]!.shape),
  ).toEqual([[3], [3]]);
});

test('recording leaves no tensor behind', () => {
  const x = tf.ones([4]);
  const work = ({ x }: Readonly<Record<string, tf.Tensor>>) => ({
    y: x!.mul(tf.tensor1d([1, 2, 3, 4])).add(tf.zeros([100, 4])),
  });
  expectNewTensors(() => {
    recordStep(nativeBackend(), work, { x }, {});
  }, 0);
});

test('a type without zeros is an error', () => {
  const dryRun = new DryRun(nativeBackend().binding);
  const { id } = dryRun.make({ shape: [2], dtype: dataTypes.string });
  expect(() => dryRun.executeOp('Identity', [attr.type('T', 'string')], [id], 1)).toThrow(
    "Expected a tensor of numbers or of truth values, received TensorFlow's type 7",
  );
});
