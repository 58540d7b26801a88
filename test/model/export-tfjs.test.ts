import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { DetectorConfig } from '../../src/config/detector.js';
import { SegmenterConfig } from '../../src/config/segmenter.js';
import { exportDetector, exportNetwork, exportSegmenter } from '../../src/model/export-tfjs.js';
import { networkOptions } from '../../src/models/detector/detector.js';
import { buildDetectorNetwork } from '../../src/models/detector/network.js';
import { buildSegmenter } from '../../src/models/segmenter/network.js';
import { weightsOf } from '../../src/models/weights.js';
import { randomFor } from '../../src/random.js';
import { tf } from '../../src/tf.js';
import { toStored } from '../../src/models/stored-tensors.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-export-'));
afterAll(() => rmSync(folder, { recursive: true }));

const origin = {
  ...{ run: 'a-run', step: 7, dataset: 'none', versions: {}, commit: null, score: null },
};

/** Values of every weight that none of them has at the start: statistics and offsets, too. */
function stir(weights: Readonly<Record<string, tf.Variable>>): void {
  for (const [name, variable] of Object.entries(weights)) {
    const random = randomFor(1, name);
    const isVariance = name.endsWith('moving_variance');
    const values = Float32Array.from({ length: variable.size }, () =>
      isVariance ? 0.5 + random.uniform() : 0.3 * (2 * random.uniform() - 1),
    );
    tf.tidy(() => variable.assign(tf.tensor(values, variable.shape)));
  }
}

const noise = (shape: number[]) => {
  const random = randomFor(2, 'inputs');
  const size = shape.reduce((product, side) => product * side);
  return { shape, values: Array.from({ length: size }, () => 2 * random.uniform() - 1) };
};

interface Answer {
  readonly shape: readonly number[];
  readonly values: readonly number[];
}

/** Serves the folder, and lets a program with plain TensorFlow.js load models from it and predict. */
async function predictElsewhere(
  requests: readonly { model: string; shape: number[]; values: number[] }[],
): Promise<Answer[][]> {
  const server = createServer((request, response) => {
    response.end(readFileSync(path.join(folder, request.url!)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  try {
    const asked = requests.map(({ model, ...input }) => ({
      ...{ ...input, url: `http://127.0.0.1:${port}/${model}/model.json` },
    }));
    const child = new URL('load-plain-tfjs.child.mjs', import.meta.url).pathname;
    const list = path.join(folder, 'requests.json');
    writeFileSync(list, JSON.stringify(asked));
    const { stdout } = await promisify(execFile)(process.execPath, [child, list], { maxBuffer: 2 ** 28 });
    return JSON.parse(stdout.slice(stdout.indexOf('[['))) as Answer[][];
  } finally {
    server.close();
  }
}

function expectClose(actual: Answer, expected: tf.Tensor): void {
  expect(actual.shape).toEqual(expected.shape);
  const values = expected.dataSync<'float32'>();
  const scale = Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0) / values.length);
  expect(scale).toBeGreaterThan(0);
  const worst = actual.values.reduce((most, value, i) => Math.max(most, Math.abs(value - values[i]!)), 0);
  expect(worst / scale).toBeLessThan(1e-4);
}

const backbone = { width: 0.01, block35: 1, block17: 1, block8: 1 };
const pyramid = {
  backbone,
  levels: [
    { stride: 4, sizes: [8, 12] },
    { stride: 8, sizes: [24], aspectRatios: [0.5, 1, 2] },
    { stride: 16, sizes: [48, 64] },
  ],
  pyramidChannels: 8,
  rpn: { channels: 8 },
  boxHead: { poolSize: 3, units: [8] },
};
const single = {
  ...{ kind: 'single', backbone, rpn: { channels: 8 }, boxHead: { poolSize: 5 } },
  levels: [{ stride: 16, sizes: [32, 64] }],
};

test.each([
  ['a pyramid', pyramid],
  ['a single map', single],
])('a detector with %s: another program computes the same', async (name, model) => {
  const config = DetectorConfig.parse({ task: 'detector', model, tiles: { size: 64 } });
  const options = networkOptions(config.model, { size: 64, seed: 1 });
  const network = buildDetectorNetwork(options);
  stir(network.weights.all);
  const out = name.replaceAll(' ', '-');
  const weights = toStored(network.weights.all);
  const file = await exportDetector({ config, weights, origin }, path.join(folder, out));
  const [proposals, boxHead] = file.models;

  const images = noise([1, 64, 64, 3]);
  const { size, channels } = { size: config.model.boxHead.poolSize, channels: network.levels[0]!.channels };
  const rois = noise([2, size, size, channels]);
  const [found, heads] = await predictElsewhere([
    { model: `${out}/${proposals!.folder}`, ...images },
    { model: `${out}/${boxHead!.folder}`, ...rois },
  ]);
  const levels = network.features(tf.tensor4d(images.values, [1, 64, 64, 3]), { training: false });
  expect(found).toHaveLength(proposals!.outputs.length);
  expectClose(found![0]!, levels[0]!.features);
  const own = network.propose(levels);
  // By level, row, column and anchor, as the network joins them.
  const join = (first: number, last: number): Answer => {
    const parts = found!.filter((_, index) => index > 0 && index % 2 === first % 2);
    const values = parts.flatMap((part) => part.values);
    return { shape: last === 1 ? [1, values.length] : [1, values.length / last, last], values };
  };
  expectClose(join(1, 1), own.objectnessLogits);
  expectClose(join(2, 4), own.deltas);
  const head = network.boxHead(tf.tensor5d(rois.values, [1, 2, size, size, channels]), { training: false });
  expectClose({ ...heads![0]!, shape: [1, 2] }, head.logits);
  expectClose({ ...heads![1]!, shape: [1, 2, 4] }, head.deltas);
  network.dispose();
});

test.each([true, false])('a segmenter, normalized: %s', async (norm) => {
  const model = { width: 0.1, depth: 3, decoder: 0.5, norm };
  const config = SegmenterConfig.parse({ task: 'segmenter', model, loader: { cropSize: 16 } });
  const network = buildSegmenter({ ...config.model, size: 16, seed: 1 });
  stir(weightsOf(network).all);
  const out = `masks-${norm}`;
  const masks = { borderWeight: norm ? 0.25 : 0, maskThreshold: 0.45 };
  const weights = toStored(weightsOf(network).all);
  await exportSegmenter({ config, weights, origin }, path.join(folder, out), masks);
  const crops = noise([2, 16, 16, 4]);
  const [answers] = await predictElsewhere([{ model: `${out}/masks`, ...crops }]);
  expectClose(answers![0]!, network.apply(tf.tensor4d(crops.values, [2, 16, 16, 4])) as tf.Tensor);
  const written = JSON.parse(readFileSync(path.join(folder, out, 'nucleate.json'), 'utf8')) as object;
  expect(written).toMatchObject({ task: 'segmenter', origin, config: { model } });
  expect((written as { steps: string[] }).steps.at(-1)).toBe(
    norm
      ? 'A pixel is in the mask if the probability of body + 0.25 * that of border is at least 0.45.'
      : 'A pixel is in the mask if the probability of body is at least 0.45.',
  );

  // Not twice into one place.
  const again = exportSegmenter({ config, weights, origin }, path.join(folder, out), masks);
  await expect(again).rejects.toMatchObject({ exitCode: 2 });
  const lost = new Map([...weights].slice(1));
  const without = exportSegmenter({ config, weights: lost, origin }, path.join(folder, 'lost'), masks);
  await expect(without).rejects.toMatchObject({ exitCode: 6 });
  network.dispose();
});

test('a place without such a network', async () => {
  await expect(exportNetwork('detector', folder, path.join(folder, 'x'))).rejects.toMatchObject({
    exitCode: 2,
    message: 'There is no detector here.',
  });
});
