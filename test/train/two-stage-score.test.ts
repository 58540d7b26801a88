import { expect, test } from 'vitest';
import { AssembleSettings } from '../../src/config/assemble.js';
import { DetectorConfig } from '../../src/config/detector.js';
import type { Example } from '../../src/data/read/example.js';
import { readAll } from '../data/read-all.js';
import { buildDetector } from '../../src/models/detector/detector.js';
import type { SegmenterPredictor } from '../../src/predict/segment.js';
import { tf } from '../../src/tf.js';
import { toStored } from '../../src/models/stored-tensors.js';
import { type NamedDetector, TwoStageScore } from '../../src/train/two-stage-score.js';
import { useNativeCpu } from '../helpers/tensors.js';

useNativeCpu();

const config = DetectorConfig.parse({
  task: 'detector',
  loader: { zoom: 1 },
  model: {
    backbone: { width: 0.01, block35: 1, block17: 1 },
    levels: [{ stride: 8, sizes: [16, 32] }],
    pyramidChannels: 8,
    rpn: { channels: 8 },
    boxHead: { poolSize: 3, units: [8] },
    // Room for the 7 nuclei of an image.
    proposals: { preNmsTopK: 100, postNmsTopK: 20, nmsThreshold: 0.95 },
    detections: { scoreThreshold: 0, nmsThreshold: 0.95 },
  },
  tiles: { size: 256 },
});

const examples = async () =>
  (await readAll('examples/dsb2018-mini'))
    .filter(({ id }) => ['d-54793624', 'd-76a372bf'].includes(id))
    .map((example, index) => ({ ...example, cluster: 'xy'[index]! }));

/** A segmenter that answers the k-th box of an image with its k-th nucleus, whatever the box, and further ones empty. */
const knowing: Pick<SegmenterPredictor, 'segmentAll'> = {
  async *segmentAll(requests) {
    await Promise.resolve();
    let label = 0;
    for (const { image } of requests) {
      const { labels, width: size } = (image as Example).labelImage;
      label += 1;
      const body = Float32Array.from(labels, (value) => Number(value === label));
      yield { x: 0, y: 0, side: size, size, body, border: new Float32Array(body.length) };
    }
  },
};

/** Finds nothing in any box. */
const blind: Pick<SegmenterPredictor, 'segmentAll'> = {
  async *segmentAll(requests) {
    await Promise.resolve();
    for (const { box } of requests)
      yield {
        x: box.x1,
        y: box.y1,
        side: 8,
        size: 8,
        body: new Float32Array(64),
        border: new Float32Array(64),
      };
  },
};

async function detector(scoreThreshold: number): Promise<NamedDetector> {
  const built = buildDetector(config.model, { size: 256, seed: 1 });
  const weights = toStored(built.weights.all);
  built.dispose();
  return Promise.resolve({
    config,
    weights,
    assemble: AssembleSettings.parse({ scoreThreshold, nms: 'mask', nmsThreshold: 0.5, minArea: 1 }),
  });
}

test('the nuclei that the segmenter finds in the boxes are scored: all of them, and none', async () => {
  const score = new TwoStageScore(await examples(), await detector(0), 'eager');
  const reported: string[] = [];
  const metrics = await score.metrics(knowing, (done, total) => reported.push(`${done}/${total}`));
  expect(metrics).toEqual({
    'twoStage/score': 1,
    'twoStage/cluster-x/score': 1,
    'twoStage/cluster-y/score': 1,
  });
  expect(reported).toEqual(['0/2', '0/2', '1/2', '2/2']);
  const before = tf.memory().numTensors;
  expect((await score.metrics(blind, () => {}))['twoStage/score']).toBe(0);
  expect(tf.memory().numTensors).toBe(before);
});

test('boxes below the score threshold are not segmented', async () => {
  const score = new TwoStageScore(await examples(), await detector(1), 'eager');
  expect((await score.metrics(knowing, () => {}))['twoStage/score']).toBe(0);
});
