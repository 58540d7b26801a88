import path from 'node:path';
import { z } from 'zod';
import { DatasetReading } from '../config/training.js';
import { readPlainText } from '../plain-file.js';
import { exitCodes, NucleateError } from '../errors.js';
import { replaceSynced, writeError } from '../run/durable-files.js';

const steps = z.int().min(1);

/** What a fine-tuning was asked to do and has measured: all that a resumed one needs to end as it would have ended. */
const FinetunePlan = z.strictObject({
  format: z.literal(1),
  /** ISO 8601, UTC: when it began; the model that it makes has the same time. */
  created: z.string(),
  /** Model folder, absolute; and the hashes of its weights, since it must not change in between. */
  model: z.string(),
  weights: z.array(z.hash('sha256')),
  /** Absolute. */
  data: z.array(z.string()).min(1),
  labels: z.string().optional(),
  reading: DatasetReading.prefault({}),
  split: z.strictObject({ path: z.string(), fold: z.int().min(0) }).optional(),
  replay: z.string().optional(),
  /** {@link datasetOf} the images and their folds. */
  dataset: z.string(),
  /** The model folder to write, absolute. */
  out: z.string(),
  seed: z.int().min(1),
  steps: z.strictObject({ detector: steps, segmenter: steps }),
  /** Whether the device that began multiplies bfloat16; one that resumes computes as it did. */
  bfloat16: z.boolean().default(true),
});

export type FinetunePlan = z.output<typeof FinetunePlan>;

/** The files and folders of a fine-tuning, by what they hold; all paths. */
export const finetuneFiles = (folder: string) => ({
  plan: path.join(folder, 'finetune.json'),
  split: path.join(folder, 'split.json'),
  detector: path.join(folder, 'detector'),
  segmenter: path.join(folder, 'segmenter'),
  /** Both networks, before thresholds are chosen. */
  packed: path.join(folder, 'packed'),
  report: path.join(folder, 'report.html'),
  result: path.join(folder, 'result.json'),
});

/** @throws {NucleateError} Exit code 8 if it cannot be written. */
export async function writePlan(folder: string, plan: FinetunePlan): Promise<void> {
  const { plan: file } = finetuneFiles(folder);
  await replaceSynced(file, `${JSON.stringify(plan, null, 2)}\n`).catch((error: unknown) => {
    throw writeError(error, file);
  });
}

/** @throws {NucleateError} Exit code 2 if the folder is no fine-tuning that has begun to train. */
export async function readPlan(folder: string): Promise<FinetunePlan> {
  const { plan: file } = finetuneFiles(folder);
  const wrong = (what: string, cause?: unknown) =>
    new NucleateError(
      {
        what,
        where: file,
        hint: 'Name a folder that `nucleate finetune` made; one that was stopped before its first step is begun again.',
        exitCode: exitCodes.usage,
      },
      { cause },
    );
  const text = await readPlainText(file).catch((cause: Error) => {
    throw wrong('There is no fine-tuning to resume here.', cause);
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw wrong('The plan of the fine-tuning is damaged.', cause);
  }
  const plan = FinetunePlan.safeParse(parsed);
  if (!plan.success)
    throw wrong('The plan of the fine-tuning is damaged, or of another version.', plan.error);
  return plan.data;
}
