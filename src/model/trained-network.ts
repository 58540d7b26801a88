import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { readComplete } from '../config/complete.js';
import { DetectorConfig } from '../config/detector.js';
import { SegmenterConfig } from '../config/segmenter.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { Network } from '../models/network.js';
import { inspectCheckpoint, isDamage, loadCheckpoint } from '../run/checkpoints/read.js';
import { runFiles } from '../run/run-folder.js';

/**
 * The best network of a run folder, or that of a checkpoint; every byte is verified. Needs no dataset.
 *
 * @param place A run folder, whose best checkpoint is taken (the newest where none was validated), or a checkpoint.
 * @throws {NucleateError} Exit code 6 if it is neither, damaged, or of another task.
 */
export const readDetector = (place: string): Promise<Network<DetectorConfig>> =>
  readNetwork(place, 'detector', DetectorConfig);

/** The same of the segmenter. */
export const readSegmenter = (place: string): Promise<Network<SegmenterConfig>> =>
  readNetwork(place, 'segmenter', SegmenterConfig);

/** The task that the network was trained for, as {@link readDetector} finds it; its weights are not read. */
export async function readTask(place: string): Promise<unknown> {
  const { config } = await whole(await checkpointOf(place), inspectCheckpoint);
  return taskOf(config);
}

const taskOf = (config: unknown) => (config as { task?: unknown } | null)?.task;

async function readNetwork<Schema extends z.ZodType>(
  place: string,
  task: string,
  schema: Schema,
): Promise<Network<z.output<Schema>>> {
  const folder = await checkpointOf(place);
  const { manifest, tensors } = await whole(folder, loadCheckpoint);
  const named = taskOf(manifest.config);
  if (named !== task) {
    const hint = `Name a run of \`nucleate train ${task}\`.`;
    throw refuse(
      `Expected a ${task}, and this is a checkpoint of the task ${JSON.stringify(named)}.`,
      folder,
      hint,
    );
  }
  const read = readComplete(schema, manifest.config);
  if ('fault' in read) {
    const hint = 'Use the version of nucleate that has written it; its manifest.json names it.';
    throw refuse(`The config of the checkpoint does not fit this nucleate: ${read.fault}.`, folder, hint);
  }
  return {
    config: read.config,
    // Averages take the place of the weights that they are averages of.
    weights: new Map([...tensors.weights, ...tensors.ema, ...tensors.statistics]),
    origin: {
      run: path.basename(path.resolve(folder, '../..')),
      step: manifest.step,
      dataset: manifest.dataset,
      versions: manifest.versions,
      commit: manifest.git?.commit ?? null,
      score: manifest.score,
    },
  };
}

/** The folder of a checkpoint: the place itself, or what the run's `best` or `latest` names. */
async function checkpointOf(place: string): Promise<string> {
  const { checkpoints } = runFiles(place);
  const isRun = await stat(checkpoints).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isRun) return path.resolve(place);
  for (const pointer of ['best', 'latest']) {
    const name = await readFile(path.join(checkpoints, pointer), 'utf8').catch(() => undefined);
    // One name: a pointer must not lead out of the folder.
    if (name !== undefined && /^step-\d{9}\n$/u.test(name)) return path.join(checkpoints, name.trim());
  }
  throw refuse('The run has no checkpoint yet.', checkpoints, 'Wait for its first one, or name another run.');
}

/** What is read of a checkpoint that is as it was written. */
async function whole<T>(folder: string, read: (folder: string) => Promise<T>): Promise<T> {
  try {
    return await read(folder);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const hint = 'Name another checkpoint of the run, or a run folder.';
    throw refuse(`The checkpoint cannot be read: ${cause.message}.`, folder, hint, cause);
  }
}

const refuse = (what: string, where: string, hint: string, cause?: unknown) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.checkpoint }, { cause });
