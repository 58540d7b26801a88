import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { SegmenterConfig } from '../../src/config/segmenter.js';
import { readAll } from '../data/read-all.js';
import { createSegmenterTask } from '../../src/train/segmenter-task.js';
import { tf } from '../../src/tf.js';
import { noAugment } from '../data/augment/samples.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { weightsAfter } from '../train/train-task.js';

useNativeCpu();

/** 11 + 6 + 15 nuclei, of three modalities. */
const images = ['b-4193474b', 'd-76a372bf', 'f-7978812d'];
const steps = 200;

test('the tiny segmenter overfits 32 crops, up to the resolution of the images', async () => {
  const tiny = loadConfig('configs/segmenter/tiny.yaml').config as SegmenterConfig;
  const config: SegmenterConfig = {
    ...tiny,
    loader: { ...tiny.loader, batchSize: 32, jitter: 0, augment: noAugment },
    schedule: { ...tiny.schedule, steps },
  };
  const examples = (await readAll(tiny.data.path)).filter(({ id }) => images.includes(id));
  const task = createSegmenterTask(config, { train: examples, validation: examples });
  const weights = await weightsAfter(steps, task, config);
  const { metrics } = await task.validate(weights, () => {});
  expect(metrics['meanIou']).toBeGreaterThan(0.95);
  tf.dispose(weights);
  task.dispose();
});
