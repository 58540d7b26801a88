import { existsSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import path from 'node:path';
import type { z } from 'zod';
import { readPlainText } from '../plain-file.js';
import { readComplete } from '../config/complete.js';
import { DetectorConfig } from '../config/detector.js';
import { SegmenterConfig } from '../config/segmenter.js';
import { exitCodes, NucleateError } from '../errors.js';
import type { Network } from '../models/network.js';
import { inspectCheckpoint, isDamage, loadCheckpoint } from '../run/checkpoints/read.js';
import { implausibility } from '../config/plausible.js';
import { runFiles } from '../run/run-folder.js';

/**
 * Reads the best network of a run, or the network of a checkpoint; every byte is verified. Needs no dataset.
 *
 * @param place A run folder, whose best checkpoint is taken (the newest where none was validated), or a checkpoint.
 * @throws {NucleateError} Exit code 6 if it is neither, is damaged, or is of another task.
 */
export const readDetector = (place: string): Promise<Network<DetectorConfig>> =>
  readNetwork(place, 'detector', DetectorConfig);

/** The same of the segmenter. */
export const readSegmenter = (place: string): Promise<Network<SegmenterConfig>> =>
  readNetwork(place, 'segmenter', SegmenterConfig);

/** The task of the network that {@link readDetector} would read; the weights are not read. */
export async function readTask(place: string): Promise<unknown> {
  const { config } = await whole(await checkpointOf(place), inspectCheckpoint);
  return taskOf(config);
}

const taskOf = (config: unknown) => (config as { task?: unknown } | null)?.task;

async function readNetwork<Schema extends z.ZodType<DetectorConfig | SegmenterConfig>>(
  place: string,
  task: string,
  schema: Schema,
): Promise<Network<z.output<Schema>>> {
  const folder = await checkpointOf(place);
  const { manifest, tensors } = await whole(folder, loadCheckpoint);
  const named = taskOf(manifest.config);
  if (named !== task) {
    const hint = `Name a run of \`nucleate train ${task}\`.`;
    throw checkpointError(
      `Expected a ${task}, but this checkpoint is of the task ${JSON.stringify(named)}.`,
      folder,
      hint,
    );
  }
  const read = readComplete(schema, manifest.config);
  if ('fault' in read) {
    const hint = 'Use the version of nucleate that wrote it; its manifest.json names it.';
    throw checkpointError(`The config of the checkpoint cannot be used: ${read.fault}.`, folder, hint);
  }
  const fault = implausibility(read.config);
  if (fault !== undefined) {
    const hint = 'Name another checkpoint of the run, or a run folder.';
    throw checkpointError(`The network of the checkpoint cannot be built: ${fault}.`, folder, hint);
  }
  return {
    config: read.config,
    // Averages replace the weights with the same names.
    weights: new Map([...tensors.weights, ...tensors.ema, ...tensors.statistics]),
    source: folder,
    origin: {
      run: path.basename(path.resolve(folder, '../..')),
      step: manifest.step,
      dataset: manifest.dataset,
      versions: manifest.versions,
      commit: manifest.git?.commit ?? null,
      score: manifest.score,
      ...(manifest.history && { history: manifest.history }),
    },
  };
}

/** The folder of a checkpoint: the place itself, or the one that the run's `best` or `latest` names. */
async function checkpointOf(place: string): Promise<string> {
  const { checkpoints } = runFiles(place);
  const isRun = await stat(checkpoints).then(
    (found) => found.isDirectory(),
    () => false,
  );
  if (!isRun) {
    requireFolder(place);
    return path.resolve(place);
  }
  for (const pointer of ['best', 'latest']) {
    const name = await readPlainText(path.join(checkpoints, pointer)).catch(() => undefined);
    // Only a name: a pointer must not lead out of the folder.
    if (name !== undefined && /^step-\d{9}\n$/u.test(name)) return path.join(checkpoints, name.trim());
  }
  throw checkpointError(
    'The run has no checkpoint yet.',
    checkpoints,
    'Wait for its first one, or name another run.',
  );
}

/** Rejects a place that does not exist, and a model folder, which has networks but no checkpoint. */
function requireFolder(place: string): void {
  if (!existsSync(place)) {
    throw new NucleateError({
      what: `There is no folder \`${place}\`.`,
      where: place,
      hint: 'Name a run folder, or one of its checkpoints; `nucleate runs` lists runs.',
      exitCode: exitCodes.usage,
    });
  }
  if (existsSync(path.join(place, 'model.json'))) {
    const what = 'This is a model folder; name the run it was packed from.';
    throw checkpointError(what, place, 'Its README.md says which run that is.');
  }
}

/** Reads a checkpoint; damage becomes a NucleateError. */
async function whole<T>(folder: string, read: (folder: string) => Promise<T>): Promise<T> {
  try {
    return await read(folder);
  } catch (cause) {
    if (!isDamage(cause)) throw cause;
    const hint = 'Name another checkpoint of the run, or a run folder.';
    throw checkpointError(`The checkpoint cannot be read: ${cause.message}.`, folder, hint, cause);
  }
}

const checkpointError = (what: string, where: string, hint: string, cause?: unknown) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.checkpoint }, { cause });
