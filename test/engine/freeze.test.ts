import { expect, test } from 'vitest';
import { compile } from '../../src/engine/compile.js';
import { freezeState } from '../../src/engine/freeze.js';
import { nativeBackend } from '../../src/engine/native.js';
import { recordStep } from '../../src/engine/record-step.js';
import { tf } from '../../src/tf.js';
import { expectTensorsClose, useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

/** A convolution whose kernel is scaled by the state, and a bias that is used as it is. */
function makeStep() {
  const kernel = tf.variable(tf.randomUniform<tf.Rank.R4>([3, 3, 2, 4], -1, 1, 'float32', 1));
  const variance = tf.variable(tf.tensor1d([1, 2, 3, 4]));
  const bias = tf.variable(tf.tensor1d([0.5, -0.5, 1, -1]));
  const step = ({ x }: { x: tf.Tensor4D }) => {
    const folded = kernel.mul<tf.Tensor4D>(tf.rsqrt(variance.add(0.5)));
    return { y: tf.relu(tf.conv2d(x, folded, 1, 'same').add(bias)), bias: bias.clone() };
  };
  const inputs = { x: tf.randomUniform<tf.Rank.R4>([1, 8, 8, 2], -1, 1, 'float32', 2) };
  return { step, inputs, state: { kernel, variance, bias } };
}

const otherInputs = () => ({ x: tf.randomUniform<tf.Rank.R4>([1, 12, 16, 2], -1, 1, 'float32', 3) });

test.each(['float32', 'bfloat16', 'float16'] as const)(
  'a frozen step gives what the plain one does: %s',
  (precision) => {
    const { step, inputs, state } = makeStep();
    const others = otherInputs();
    const both = [false, true].map((frozen) =>
      compile(step, {
        inputs,
        otherInputs: others,
        state,
        mode: 'compiled',
        precision,
        forward: true,
        frozen,
      }),
    );
    for (const values of [inputs, others]) {
      const [plain, frozen] = both.map((compiled) => compiled.run(values));
      // Bits of the products' last place: the order of the sums may differ.
      expectTensorsClose(frozen!.y, plain!.y.arraySync(), { atol: precision === 'float32' ? 1e-6 : 0.05 });
      expectTensorsClose(frozen!.bias, [0.5, -0.5, 1, -1], { atol: 0 });
      expect(tf.max(plain!.y).arraySync()).toBeGreaterThan(0.5);
    }
    for (const compiled of both) compiled.dispose();
  },
);

test.each(['compiled', 'eager'] as const)('the state can be read and not written: %s', (mode) => {
  const { step, inputs, state } = makeStep();
  const frozen = compile(step, { inputs, state, mode, frozen: true });
  expectTensorsClose(frozen.readState()['variance']!, [1, 2, 3, 4], { atol: 0 });
  expect(() => frozen.writeState({ variance: tf.tensor1d([1, 1, 1, 1]) })).toThrow(RangeError);
});

test('the graph has no variables, and what depends on the state alone is in it as one constant', () => {
  const { step, inputs, state } = makeStep();
  const recording = recordStep(nativeBackend(), step as never, inputs, state);
  const hadRsqrt = recording.graph.nodes.some(({ op }) => op === 'Rsqrt');
  freezeState(nativeBackend(), recording, state);
  const ops = recording.graph.nodes.map(({ op }) => op);
  expect([hadRsqrt, ops.includes('Rsqrt')]).toEqual([true, false]);
  expect(ops.filter((op) => ['VarHandleOp', 'ReadVariableOp'].includes(op))).toEqual([]);
  const frozen = recording.graph.nodes.filter(({ name }) => name.startsWith('frozen/'));
  // The folded kernel and the bias.
  expect(frozen.map(({ tensor }) => tensor!.shape)).toEqual(expect.arrayContaining([[3, 3, 2, 4], [4]]));
  expect(frozen).toHaveLength(2);
});

test('a step that changes its state cannot be frozen', () => {
  const sum = tf.variable(tf.scalar(0));
  const step = ({ x }: { x: tf.Tensor1D }) => {
    sum.assign(sum.add(x.sum()));
    return { x: x.clone() };
  };
  const options = {
    inputs: { x: tf.tensor1d([1, 2]) },
    state: { sum },
    mode: 'compiled',
    frozen: true,
  } as const;
  expect(() => compile(step, options)).toThrow(/changes its state/u);
});
