import { expect, test } from 'vitest';
import {
  type BackboneOptions,
  buildInceptionResNetV2,
  publishedBlocks,
} from '../../src/models/inception-resnet-v2.js';
import { assignKerasWeights, mapKerasWeights } from '../../src/models/keras-weights.js';
import type { KerasNetwork } from '../../src/models/keras-weights-layers.js';
import { buildVgg16 } from '../../src/models/vgg16.js';
import { weightsOf } from '../../src/models/weights.js';
import { tf } from '../../src/tf.js';
import { goldenLayers, goldenNoise, goldenSide, readGolden } from '../fixtures/keras/golden.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

/** Our layers by those of Keras that compute the same. */
const inceptionLayers: Readonly<Record<string, string>> = {
  activation_4: 'stem_conv5',
  conv_7b_ac: 'conv_7b',
  ...Object.fromEntries(
    Object.entries(publishedBlocks).flatMap(([kind, count]) =>
      Array.from({ length: Number(count) }, (_, index) => {
        const block = `${kind}_${index + 1}`;
        return [`${block}_ac`, `${block}_conv`];
      }),
    ),
  ),
};

const published: BackboneOptions = {
  seed: 1,
  width: 1,
  blocks: publishedBlocks,
  padding: 'valid',
  end: 'conv_7b',
};

const networks = {
  'inception-resnet-v2': () => buildInceptionResNetV2({ size: null, ...published }),
  vgg16: () => buildVgg16({ size: null, seed: 1 }),
};

const until = (model: tf.LayersModel, kerasName: string) =>
  tf.model({
    inputs: model.inputs,
    outputs: model.getLayer(inceptionLayers[kerasName] ?? kerasName).output,
  });

test.each(['inception-resnet-v2', 'vgg16'] as const)(
  '%s has Keras’s shapes and parameters, stage by stage, and with its weights gives its features',
  (network: KerasNetwork) => {
    const golden = readGolden(network);
    const model = networks[network]();
    expect(model.countParams()).toBe(golden.parameters);
    for (const [name, { parameters, shape }] of Object.entries(golden.stages)) {
      const stage = until(model, name);
      expect(stage.countParams(), `parameters to ${name}`).toBe(parameters);
      expect(stage.computeOutputShape([1, 256, 256, 3]), `shape of ${name}`).toEqual(shape);
    }

    const values = mapKerasWeights(goldenLayers(network), network);
    const { all } = weightsOf(model);
    const { assigned, kept } = assignKerasWeights(all, values);
    expect(assigned).toHaveLength(values.size);
    expect(kept).toEqual([]);
    const side = goldenSide;
    const images = tf.tensor4d(goldenNoise('images', side * side * 3), [1, side, side, 3]);
    for (const [name, { shape, rootMeanSquare, places, values }] of Object.entries(golden.features)) {
      const features = until(model, name).predict(images) as tf.Tensor;
      expect(features.shape).toEqual(shape);
      const data = features.dataSync();
      const errors = places.map((place, index) => Math.abs(data[place]! - values[index]!));
      expect(Math.max(...errors) / rootMeanSquare, `largest error of ${name}`).toBeLessThan(1e-4);
    }
    model.dispose();
  },
  // Fifty-four million weights, on a machine that may be busy.
  300_000,
);
