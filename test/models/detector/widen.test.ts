import { describe, expect, test } from 'vitest';
import type { DetectorNetwork, PyramidDetectorOptions } from '../../../src/models/detector/network.js';
import { widenDetector } from '../../../src/models/detector/widen.js';
import { assignWeights } from '../../../src/models/weights.js';
import type { StoredTensors } from '../../../src/safetensors/tensor.js';
import { tf } from '../../../src/tf.js';
import { toStored } from '../../../src/models/stored-tensors.js';
import { expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';
import { useNetworks } from './networks.js';

useNativeCpu();

const size = 64;
const narrowOptions: PyramidDetectorOptions = {
  kind: 'pyramid',
  size,
  seed: 1,
  normMomentum: 0.9,
  auxiliary: true,
  backbone: { width: 0.25, blocks: { block35: 2, block17: 1, block8: 1 } },
  pyramid: { channels: 8, strides: [4, 8, 16, 32] },
  rpn: { channels: 16, priorProbability: 0.01, anchorsPerCell: [1, 2, 2, 2] },
  boxHead: { poolSize: 3, units: [12, 10] },
};
/** Some channels have one copy, some two, some three. */
const wideOptions: PyramidDetectorOptions = {
  ...narrowOptions,
  backbone: { width: 0.5, blocks: { block35: 3, block17: 3, block8: 1 } },
  pyramid: { channels: 20, strides: [4, 8, 16, 32] },
  rpn: { ...narrowOptions.rpn, channels: 40 },
  boxHead: { poolSize: 3, units: [12, 17] },
};

const build = useNetworks();

/** A network none of whose weights is 0 or 1: normalization counts, too. */
function trained(options: PyramidDetectorOptions): DetectorNetwork {
  const network = build(options);
  for (const [index, [name, weight]] of Object.entries(network.weights.all).entries()) {
    if (name.endsWith('/kernel')) continue;
    const [least, most] = name.endsWith('/moving_variance') ? [0.5, 2] : [-0.3, 0.3];
    tf.tidy(() => weight.assign(tf.randomUniform(weight.shape, least, most, 'float32', index)));
  }
  return network;
}

const storedWeights = (network: DetectorNetwork): StoredTensors => toStored(network.weights.all);

/** All that a network computes of an image and of the 3 x 3 px in the middle of its finest level. */
const answers = (network: DetectorNetwork) =>
  tf.tidy(() => {
    const images = tf.randomUniform<tf.Rank.R4>([1, size, size, 3], -1, 1, 'float32', 7);
    const levels = network.features(images, { training: false });
    const region = tf.slice(levels[0]!.features, [0, 6, 6, 0], [1, 3, 3, -1]);
    const boxes = network.boxHead(tf.expandDims(region, 1), { training: false });
    return [boxes.logits, boxes.deltas, network.auxiliary(levels), ...Object.values(network.propose(levels))];
  });

test('the outputs of the wide and deep network equal those of the narrow one', () => {
  const narrow = trained(narrowOptions);
  const wide = build(wideOptions);
  const widened = widenDetector(storedWeights(narrow), wideOptions);
  expect([...widened.keys()].sort()).toEqual(Object.keys(wide.weights.all).sort());
  assignWeights(wide.weights.all, widened, { network: 'detector' });
  const [expected, received] = [answers(narrow), answers(wide)];
  expected.forEach((tensor, index) =>
    expectTensorsClose(received[index]!, tensor.arraySync(), { atol: 1e-5, rtol: 1e-4 }),
  );
  // The answers tell something: objectness differs from place to place.
  expect(new Set(expected.at(-2)!.dataSync()).size).toBeGreaterThan(100);
  tf.dispose([expected, received]);
});

test('the weights that read a channel are divided unevenly among its copies', () => {
  const narrow = storedWeights(build(narrowOptions));
  const widened = widenDetector(narrow, wideOptions);
  const { shape, data } = widened.get('rpn/conv/kernel')!;
  expect(shape).toEqual([3, 3, 20, 40]);
  // Channels 0, 8 and 16 are copies of channel 0; outputs 0 and 16 those of output 0.
  const shares = (output: number) => [0, 8, 16].map((channel) => Number(data[channel * 40 + output]));
  const sum = (values: number[]) => values.reduce((total, value) => total + value, 0);
  for (const output of [0, 16]) {
    expect(sum(shares(output))).toBeCloseTo(Number(narrow.get('rpn/conv/kernel')!.data[0]), 5);
    expect(new Set(shares(output)).size).toBe(3);
  }
  expect(shares(0)).not.toEqual(shares(16));
});

test('an added block has output 0', () => {
  const widened = widenDetector(storedWeights(build(narrowOptions)), wideOptions);
  const isSilent = (name: string) => widened.get(`${name}/kernel`)!.data.every((value) => value === 0);
  const blocks = ['block35_1', 'block35_2', 'block35_3', 'block17_1', 'block17_2', 'block17_3', 'block8_1'];
  expect(blocks.filter((block) => isSilent(`${block}_conv`))).toEqual([
    'block35_3',
    'block17_2',
    'block17_3',
  ]);
  expect(blocks.filter((block) => isSilent(`${block}_0_conv1`))).toEqual([]);
});

test('the seed decides the division', () => {
  const narrow = storedWeights(build(narrowOptions));
  const kernel = (seed: number) =>
    widenDetector(narrow, { ...wideOptions, seed }).get('rpn/conv/kernel')!.data;
  expect(kernel(1)).toEqual(kernel(1));
  expect(kernel(1)).not.toEqual(kernel(2));
});

describe('what cannot be widened', () => {
  const { backbone, pyramid } = narrowOptions;
  const blocks = { ...backbone.blocks };
  test.each([
    ['narrower', { backbone: { width: 0.1, blocks } }, 'stem_conv3 has 16 channels, more than 8'],
    [
      'fewer blocks',
      { backbone: { ...backbone, blocks: { ...blocks, block35: 1 } } },
      'there are 2 block35, which cannot become 1',
    ],
    [
      'more of the last blocks',
      { backbone: { ...backbone, blocks: { ...blocks, block8: 2 } } },
      'there are 1 block8, which cannot become 2',
    ],
    [
      'another pooling',
      { boxHead: { poolSize: 2, units: [12, 10] } },
      'box_head/dense1 leads from 72 to 12 channels, not from 32 to 12',
    ],
    [
      'other anchors',
      { rpn: { ...narrowOptions.rpn, anchorsPerCell: [1, 3, 3, 3] } },
      'there is no rpn/objectness_x3/kernel',
    ],
    [
      'fewer units',
      { boxHead: { poolSize: 3, units: [12, 9] } },
      'box_head/dense2 has 10 channels, more than 9',
    ],
  ])('%s', (_, changes, message) => {
    const narrow = storedWeights(build(narrowOptions));
    expect(() => widenDetector(narrow, { ...narrowOptions, pyramid, ...changes })).toThrow(
      new RangeError(message),
    );
  });
});
