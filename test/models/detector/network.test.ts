import { afterEach, expect, test } from 'vitest';
import { compile } from '../../../src/engine/compile.js';
import type { NamedTensors } from '../../../src/engine/step.js';
import {
  buildDetectorNetwork,
  type DetectorNetwork,
  type DetectorNetworkOptions,
  type PyramidDetectorOptions,
  type SingleDetectorOptions,
} from '../../../src/models/detector/network.js';
import { doubleSize } from '../../../src/models/detector/pyramid.js';
import { lossGradients } from '../../../src/ops/gradients.js';
import { createMomentum } from '../../../src/ops/optimizers.js';
import { tf } from '../../../src/tf.js';
import { expectGradientMatchesDifferences } from '../../helpers/gradients.js';
import { expectNewTensors, expectTensorsClose, useNativeCpu } from '../../helpers/tensors.js';

useNativeCpu();

const size = 64;
const shared = {
  ...{ size, seed: 1, normMomentum: 0.9, auxiliary: true },
  backbone: { width: 0.1, blocks: { block35: 1, block17: 1, block8: 1 } },
};
const rpn = { channels: 16, priorProbability: 0.01 };
const pyramid: PyramidDetectorOptions = {
  ...{ ...shared, kind: 'pyramid', pyramid: { channels: 8, strides: [4, 8, 16, 32] } },
  rpn: { ...rpn, anchorsPerCell: [1, 2, 2, 2] },
  boxHead: { poolSize: 3, units: [12, 10] },
};
const single: SingleDetectorOptions = {
  ...{ ...shared, kind: 'single', stride: 16, rpn: { ...rpn, anchorsPerCell: [3] } },
  boxHead: { poolSize: 5 },
};

const networks: DetectorNetwork[] = [];
afterEach(() => networks.splice(0).forEach((network) => network.dispose()));

function build(options: DetectorNetworkOptions): DetectorNetwork {
  const network = buildDetectorNetwork(options);
  networks.push(network);
  return network;
}

const noise = (shape: number[], seed: number) => tf.randomUniform(shape, -1, 1, 'float32', seed);
const images = () => noise([2, size, size, 3], 1) as tf.Tensor4D;

/** All that the network computes, with features of regions that are made of the finest level by shifting. */
function forward(network: DetectorNetwork, images: tf.Tensor4D, training: boolean) {
  const levels = network.features(images, { training });
  const { features } = levels[0]!;
  const pool = networkPool(network);
  const regions = [0, 1].map((at) => tf.slice(features, [0, at ? features.shape[1] - pool : 0, 0, 0], [-1, pool, pool, -1]));
  const { logits, deltas } = network.boxHead(tf.stack(regions, 1) as tf.Tensor5D, { training });
  return {
    ...{ levels, boxLogits: logits, boxDeltas: deltas },
    ...network.propose(levels),
    maps: network.auxiliary(levels),
  };
}

const networkPool = ({ levels }: DetectorNetwork) => (levels[0]!.stride === 4 ? 3 : levels[0]!.size > 5 ? 5 : 4);
