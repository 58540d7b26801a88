import { mkdirSync } from 'node:fs';
import path from 'node:path';
import type { ModelFolder } from '../../src/model/model-folder.js';
import { type CheckpointContent, saveCheckpoint } from '../../src/run/checkpoints/write.js';

/** A run folder of one network of a model, with one checkpoint; its name is the place's last part. */
export async function writeRun(
  place: string,
  { file, detector, segmenter }: ModelFolder,
  task: 'detector' | 'segmenter',
  step = 5,
): Promise<void> {
  const checkpoints = path.join(place, 'checkpoints');
  mkdirSync(checkpoints, { recursive: true });
  const content: CheckpointContent = {
    tensors: {
      weights: task === 'detector' ? detector : segmenter,
      ...{ ema: new Map(), optimizer: new Map(), statistics: new Map() },
    },
    state: { step, draws: 0, seconds: 0, best: null, validationsSinceBest: 0, logBytes: {} },
    score: 0.5,
    origin: { config: file[task].config, dataset: '', versions: {}, git: null },
  };
  await saveCheckpoint(checkpoints, content, { keepLast: 1, now: new Date(0) });
}
