import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatConfig } from '../../src/config/format.js';
import { Config } from '../../src/config/schema.js';
import { loadFiles } from './load-files.js';

test('formatConfig writes every key below its description', () => {
  expect(formatConfig(Config.parse({ task: 'quickstart', output: { path: 'true' } }))).toBe(`\
# What to do (a name): \`quickstart\` trains a small network briefly.
task: quickstart
# Start of every random stream (no unit); the same seed repeats the run.
seed: 1

# What to train on.
data:
  # Folder of images, each with its label image; a relative path starts at the current working directory.
  path: examples/dsb2018-mini

# The network.
model:
  # Channels (count) of each convolution of the small network, from input to output.
  channels: [ 8, 16 ]
  # Side of the square convolution kernels, px; odd, so that a kernel has a centre.
  kernelSize: 3

# How to train it.
train:
  # Learning rate of stochastic gradient descent with momentum (no unit).
  learningRate: 0.05
  # Share of the previous step that the next one keeps (no unit); 0 is plain descent.
  momentum: 0.9
  # Images (count) in one optimiser step.
  batchSize: 4
  # Side of the square crop taken from each training image, px.
  cropSize: 128

# Where the results go.
output:
  # Folder the run writes to; a relative path starts at the current working directory.
  path: "true"
`);
});

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const path = fc.string({ unit: 'binary', minLength: 1 });

test('loadConfig reads what formatConfig writes', () => {
  const input = fc.record({
    task: fc.constant('quickstart'),
    seed: count,
    data: fc.record({ path }),
    model: fc.record({ channels: fc.array(count, { minLength: 1 }) }),
    train: fc.record({ learningRate: fraction.filter((rate) => rate > 0), momentum: fraction }),
    output: fc.record({ path }),
  });
  fc.assert(
    fc.property(input, (values) => {
      const config = Config.parse(values);
      expect(loadFiles({ 'config.yaml': formatConfig(config) }).config).toEqual(config);
    }),
    { numRuns: 100 },
  );
});
