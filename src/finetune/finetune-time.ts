import { DatasetReading } from '../config/training.js';
import { multipliesBfloat16 } from '../engine/processor.js';
import type { Mode } from '../engine/step.js';
import type { ModelFolder } from '../model/model-folder.js';
import { createDetectorTask } from '../train/detector-task.js';
import { measureStep, type StepTime } from '../train/measure-step.js';
import { createSegmenterTask } from '../train/segmenter-task.js';
import { type FinetuneData, withIntensity } from './finetune-data.js';
import type { Stage } from './finetune-events.js';
import { detectorRecipe, fewestSteps, mostSteps, segmenterRecipe, stepsOfSegmenter } from './recipe.js';

/** How long to learn: minutes for all, or steps of the detector, of which the segmenter takes a part. */
export type FinetuneBudget = { readonly minutes: number } | { readonly steps: number };

/** Measures a step of each training on this machine. */
export async function measureTrainings(
  { file }: ModelFolder,
  { data, seed, mode }: { readonly data: FinetuneData; readonly seed: number; readonly mode: Mode },
): Promise<Record<Stage, StepTime>> {
  const place = {
    ...{ path: 'measured', more: [], labels: '', split: 'none', validationFold: 0 },
    ...DatasetReading.parse({}),
  };
  const facts = { data, place, steps: 1000, seed, bfloat16: multipliesBfloat16(), folder: 'measured' };
  const detector = detectorRecipe(file.detector.config, facts);
  const segmenter = segmenterRecipe(file.segmenter.config, facts);
  return {
    detector: await measureStep(detector, { createTask: createDetectorTask, data, mode }),
    segmenter: await measureStep(segmenter, {
      createTask: createSegmenterTask,
      data: withIntensity(data, segmenter.data.intensity),
      mode,
    }),
  };
}

/**
 * The steps that fit into a budget, but never fewer than help: a slow machine takes longer than it was given, and the plan says so.
 *
 * @param past.passed Seconds since the beginning, which count.
 * @param past.scoring Seconds that it took to predict the validation images; that is done twice more, with twice as many
 *   candidates, and each training validates.
 */
export function chooseSteps(
  budget: FinetuneBudget,
  { detector, segmenter }: Readonly<Record<Stage, StepTime>>,
  { passed, scoring }: { readonly passed: number; readonly scoring: number },
) {
  const around = detector.start + segmenter.start + 3 * scoring;
  const timeOf = (steps: number) => around + steps * detector.step + stepsOfSegmenter(steps) * segmenter.step;
  const perStep = timeOf(1001) - timeOf(1);
  const fitting = (minutes: number) => Math.floor((60 * minutes - passed - around) / (perStep / 1000));
  const steps =
    'steps' in budget ? budget.steps : Math.min(mostSteps, Math.max(fewestSteps, fitting(budget.minutes)));
  return {
    steps: { detector: steps, segmenter: stepsOfSegmenter(steps) },
    seconds: { detector: detector.step, segmenter: segmenter.step, all: timeOf(steps) },
  };
}
