import { mkdir, rename, rm, statfs } from 'node:fs/promises';
import path from 'node:path';
import { exitCodes, NucleateError } from '../../errors.js';
import { type AfterWrite, type FileFacts, syncFolder, writeError, writeSynced } from '../durable-files.js';
import { encodeSafetensors } from '../../safetensors/encode.js';
import { firstNonFinite } from '../../safetensors/finite.js';
import type { StoredTensors } from '../../safetensors/tensor.js';
import { folderOfStep, stepsIn, temporaryPrefix } from './folders.js';
import { pointAndPrune } from './keep.js';
import {
  type Manifest,
  manifestFile,
  manifestText,
  stateFile,
  tensorFile,
  type TensorGroup,
  tensorGroups,
} from './manifest.js';
import { inspectCheckpoint } from './read.js';
import type { TrainingState } from './state.js';

/** What a run is made of besides tensors and state; the same for all its checkpoints. */
export type Origin = Pick<Manifest, 'config' | 'dataset' | 'versions' | 'git' | 'history'>;

export interface CheckpointContent {
  /** Must not change until the promise of {@link saveCheckpoint} is settled. */
  readonly tensors: Readonly<Record<TensorGroup, StoredTensors>>;
  readonly state: TrainingState;
  /** Score of a validation at this step, higher is better; else null. */
  readonly score: number | null;
  readonly origin: Origin;
}

export interface SaveOptions {
  /** How many checkpoints to keep, besides the best one; at least 1. */
  readonly keepLast: number;
  /** The time in the manifest. */
  readonly now: Date;
  readonly afterWrite?: AfterWrite;
}

/** Required free space relative to the size of the checkpoint: logs and reports need some, too. */
const spaceFactor = 1.5;

/**
 * Writes a checkpoint that exists completely or not at all, whenever the process is killed; then deletes old ones. If
 * the step has a checkpoint already, nothing is written, unless that one lacks the score (the run was stopped before its
 * validation): it is then replaced, if an older checkpoint exists for the instant between the two.
 *
 * The caller holds the lock of the run and has called `prepareCheckpoints`.
 *
 * @param checkpoints The folder `checkpoints` of a run, which exists.
 * @throws {NucleateError} Exit code 5 if a number is not finite, 8 if it cannot be written; older checkpoints are
 *   unchanged.
 */
export async function saveCheckpoint(
  checkpoints: string,
  content: CheckpointContent,
  { keepLast, now, afterWrite = () => {} }: SaveOptions,
): Promise<void> {
  const { step } = content.state;
  try {
    if (await isWanted(checkpoints, content)) await writeWhole(checkpoints, content, now, afterWrite);
    await pointAndPrune(checkpoints, keepLast, afterWrite);
  } catch (error) {
    throw writeError(error, path.join(checkpoints, folderOfStep(step)));
  }
}

async function isWanted(
  checkpoints: string,
  { state: { step }, score }: CheckpointContent,
): Promise<boolean> {
  const steps = await stepsIn(checkpoints);
  if (!steps.includes(step)) return true;
  if (score === null || steps.at(-1) === step) return false;
  const manifest = await inspectCheckpoint(path.join(checkpoints, folderOfStep(step)));
  return manifest.score === null;
}

async function writeWhole(
  checkpoints: string,
  { tensors, state, score, origin }: CheckpointContent,
  now: Date,
  after: AfterWrite,
): Promise<void> {
  for (const group of tensorGroups) requireFinite(group, tensors[group]);
  const pieces = new Map<string, Uint8Array[]>(
    tensorGroups.map((group) => [tensorFile(group), encodeSafetensors(tensors[group])]),
  );
  pieces.set(stateFile, [Buffer.from(`${JSON.stringify(state, null, 2)}\n`)]);
  await requireSpace(checkpoints, [...pieces.values()].flat());

  const name = folderOfStep(state.step);
  const temporary = path.join(checkpoints, `${temporaryPrefix}${name}`);
  try {
    await mkdir(temporary);
    after('make the folder');
    const files: Record<string, FileFacts> = {};
    for (const [file, parts] of pieces) {
      files[file] = await writeSynced(path.join(temporary, file), parts, after);
    }
    const manifest = manifestText({
      step: state.step,
      score,
      created: now.toISOString(),
      ...origin,
      files,
    });
    await writeSynced(path.join(temporary, manifestFile), [Buffer.from(manifest)], after);
    await syncFolder(temporary);
    after('sync the folder');
    const target = path.join(checkpoints, name);
    if ((await stepsIn(checkpoints)).includes(state.step)) {
      await rename(target, path.join(checkpoints, `${temporaryPrefix}old-${name}`));
      after('rename the one without a score');
    }
    await rename(temporary, target);
    after('rename the folder');
    await syncFolder(checkpoints);
    after('sync the parent');
    await rm(path.join(checkpoints, `${temporaryPrefix}old-${name}`), { recursive: true, force: true });
  } catch (error) {
    await rm(temporary, { recursive: true, force: true });
    throw error;
  }
}

/** A diverged network must not become the last or the best checkpoint. */
function requireFinite(group: TensorGroup, tensors: StoredTensors): void {
  const found = firstNonFinite(tensors);
  if (!found) return;
  throw new NucleateError({
    what: `The tensor ${found.name} has the value ${found.value} at index ${found.index}; no checkpoint is written.`,
    where: group,
    hint: 'Start a new run from the last checkpoint (--init-from) with a lower schedule.learningRate or optimizer.clipNorm.',
    exitCode: exitCodes.diverged,
  });
}

async function requireSpace(folder: string, pieces: readonly Uint8Array[]): Promise<void> {
  const needed = spaceFactor * pieces.reduce((sum, { length }) => sum + length, 0);
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  if (free >= needed) return;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  throw new NucleateError({
    what: `The disk has ${megabytes(free)} free; a checkpoint needs ${megabytes(needed)}.`,
    where: folder,
    hint: 'Free space on this disk, then resume.',
    exitCode: exitCodes.io,
  });
}
