import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import type { DetectorConfig } from '../../src/config/detector.js';
import { readAll } from '../data/read-all.js';
import { createDetectorTask } from '../../src/train/detector-task.js';
import { tf } from '../../src/tf.js';
import { noAugment } from '../data/augment/samples.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { weightsAfter } from '../train/train-task.js';

useNativeCpu();

/** 52 + 14 + 6 + 48 nuclei, of four modalities. */
const images = ['a-9ebcfaf2', 'c-13f2bec0', 'd-76a372bf', 'f-6b72b61b'];
const steps = 800;

test('the tiny detector overfits four images', async () => {
  const tiny = loadConfig('configs/detector/tiny.yaml').config as DetectorConfig;
  const config: DetectorConfig = {
    ...tiny,
    loader: { ...tiny.loader, augment: noAugment },
    schedule: { ...tiny.schedule, steps },
  };
  const examples = (await readAll(tiny.data.path)).filter(({ id }) => images.includes(id));
  const task = createDetectorTask(config, { train: examples, validation: examples });
  const weights = await weightsAfter(steps, task, config);
  const { metrics } = await task.validate(weights, () => {});
  expect(metrics['recall50@100']).toBeGreaterThanOrEqual(0.95);
  tf.dispose(weights);
  task.dispose();
});
