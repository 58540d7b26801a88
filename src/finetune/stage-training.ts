import { rm } from 'node:fs/promises';
import path from 'node:path';
import { formatConfig } from '../config/format.js';
import type { DetectorConfig } from '../config/detector.js';
import type { SegmenterConfig } from '../config/segmenter.js';
import type { ModelFolder } from '../model/model-folder.js';
import { folderOfStep, stepsIn } from '../run/checkpoints/folders.js';
import { inspectCheckpoint, isDamage } from '../run/checkpoints/read.js';
import { runFiles } from '../run/run-folder.js';
import { createDetectorTask } from '../train/detector-task.js';
import { createSegmenterTask } from '../train/segmenter-task.js';
import type { CreateTask, RunPlace } from '../train/train-request.js';
import { trainRun } from '../train/train-run.js';
import { type FinetuneData, withIntensity } from './finetune-data.js';
import type { Stage } from './finetune-events.js';
import type { FinetuneProcess } from './finetune-options.js';
import { finetuneFiles, type FinetunePlan } from './finetune-plan.js';
import { detectorRecipe, segmenterRecipe } from './recipe.js';

/** The training of one network of a fine-tuning: new, or continued where it stopped. */
export interface StageTraining {
  /** @returns Whether it has ended; not if a signal stopped it. */
  run(process: FinetuneProcess): Promise<boolean>;
}

/** What both trainings are made of. */
interface StageFacts {
  /** Of the fine-tuning. */
  readonly folder: string;
  readonly plan: FinetunePlan;
  readonly data: FinetuneData;
}

export function detectorTraining({ file }: ModelFolder, facts: StageFacts): StageTraining {
  const config = detectorRecipe(file.detector.config, trainingFacts(facts, 'detector'));
  return stageTraining('detector', facts, config, createDetectorTask);
}

export function segmenterTraining({ file }: ModelFolder, facts: StageFacts): StageTraining {
  const config = segmenterRecipe(file.segmenter.config, trainingFacts(facts, 'segmenter'));
  const data = withIntensity(facts.data, config.data.intensity);
  return stageTraining('segmenter', { ...facts, data }, config, createSegmenterTask);
}

const trainingFacts = ({ folder, plan, data }: StageFacts, stage: Stage) => ({
  data,
  place: {
    path: plan.data[0]!,
    more: plan.data.slice(1),
    ...plan.reading,
    labels: plan.labels ?? '',
    split: path.resolve(finetuneFiles(folder).split),
    validationFold: data.fold,
  },
  steps: plan.steps[stage],
  seed: plan.seed,
  bfloat16: plan.bfloat16,
  folder,
});

function stageTraining<C extends DetectorConfig | SegmenterConfig>(
  stage: Stage,
  { folder, plan, data }: StageFacts,
  config: C,
  createTask: CreateTask<C>,
): StageTraining {
  const runFolder = finetuneFiles(folder)[stage];
  const text = formatConfig(config);
  const from = path.join(plan.model, `${stage}.safetensors`);
  return {
    async run({ runtime, mode, stop, onEvent }) {
      const reached = await lastStep(runFolder);
      if (reached?.isEnd && reached.step >= config.budget.steps) return true;
      // It died before its first checkpoint.
      if (!reached) await rm(runFolder, { recursive: true, force: true });
      // Warnings have been given.
      const given = { ...data, warnings: [] };
      const place: RunPlace = reached
        ? { kind: 'resume', folder: runFolder, forceUnlock: false, resolvedText: text }
        : {
            ...{ kind: 'new', folder: runFolder, configText: text, resolvedText: text },
            init: { from, allowPartial: false },
          };
      const ended = await trainRun({
        ...{ config, createTask, place, data: given, runtime, mode, stop },
        onEvent: (about) => onEvent({ event: 'training', stage, about }),
      });
      return ended.ending === 'steps';
    },
  };
}

/** The step of the newest checkpoint, and whether it was validated, which is done at the end; undefined without one. */
async function lastStep(runFolder: string): Promise<{ step: number; isEnd: boolean } | undefined> {
  const { checkpoints } = runFiles(runFolder);
  const [step] = await stepsIn(checkpoints);
  if (step === undefined) return undefined;
  try {
    const { score } = await inspectCheckpoint(path.join(checkpoints, folderOfStep(step)));
    return { step, isEnd: score !== null };
  } catch (error) {
    // A damaged one is skipped by the training that is resumed.
    if (isDamage(error)) return { step, isEnd: false };
    throw error;
  }
}
