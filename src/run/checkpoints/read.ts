import { createHash } from 'node:crypto';
import { lstat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import { openPlainFile, readPlainFile, readPlainText } from '../../plain-file.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import { isSystemError } from '../durable-files.js';
import { decodeSafetensors, SafetensorsError } from '../../safetensors/decode.js';
import { requireFiniteWeights } from '../../safetensors/finite.js';
import type { StoredTensors } from '../../safetensors/tensor.js';
import { folderOfStep, stepsIn } from './folders.js';
import {
  checkpointFiles,
  DamagedCheckpoint,
  type Manifest,
  manifestFile,
  readManifest,
  stateFile,
  tensorFile,
  type TensorGroup,
  tensorGroups,
} from './manifest.js';
import { TrainingState } from './state.js';

/** Far more than any config. */
const maxManifestBytes = 16 * 2 ** 20;

export interface LoadedCheckpoint {
  readonly folder: string;
  readonly manifest: Manifest;
  readonly state: TrainingState;
  readonly tensors: Readonly<Record<TensorGroup, StoredTensors>>;
}

/**
 * The newest undamaged checkpoint: every byte is verified before the first tensor is made.
 *
 * @param checkpoints The folder `checkpoints` of a run.
 * @param onDamaged Called with each newer checkpoint that is damaged and skipped.
 * @throws {NucleateError} Exit code 6 if there is none, or if it has another format.
 */
export async function loadNewestCheckpoint(
  checkpoints: string,
  onDamaged: (problem: Problem) => void,
): Promise<LoadedCheckpoint> {
  const problems: Problem[] = [];
  for (const step of await stepsIn(checkpoints)) {
    const folder = path.join(checkpoints, folderOfStep(step));
    try {
      const loaded = await loadCheckpoint(folder);
      problems.forEach(onDamaged);
      return loaded;
    } catch (error) {
      if (!isDamage(error)) throw error;
      problems.push({ what: `The checkpoint is damaged: ${error.message}.`, where: folder });
    }
  }
  throw new NucleateError({
    what: problems.length > 0 ? 'Every checkpoint of the run is damaged.' : 'The run has no checkpoint.',
    where: checkpoints,
    hint: 'Restore a checkpoint from a backup, or start a new run.',
    exitCode: exitCodes.checkpoint,
    problems,
  });
}

/**
 * Reads a checkpoint, verifying every byte.
 *
 * @throws {DamagedCheckpoint} If a file is missing or differs from what was written.
 * @throws {NucleateError} Exit code 6 if it has another format, 5 if a number is NaN or infinite.
 */
export async function loadCheckpoint(folder: string): Promise<LoadedCheckpoint> {
  const manifest = await verifyCheckpoint(folder);
  const read = async (group: TensorGroup) => {
    const { tensors } = decodeSafetensors(await readPlainFile(path.join(folder, tensorFile(group))));
    return [group, tensors] as const;
  };
  const tensors = Object.fromEntries(await Promise.all(tensorGroups.map(read))) as Record<
    TensorGroup,
    StoredTensors
  >;
  for (const group of tensorGroups)
    requireFiniteWeights(tensors[group], path.join(folder, tensorFile(group)));
  const { data: state } = TrainingState.safeParse(
    JSON.parse(await readPlainText(path.join(folder, stateFile))),
  );
  if (!state) throw new DamagedCheckpoint(`${stateFile} is incomplete`);
  return { folder, manifest, state, tensors };
}

/**
 * The manifest of a checkpoint, after verifying every byte of its files.
 *
 * @throws {DamagedCheckpoint} If one differs.
 * @throws {NucleateError} Exit code 6 if it has another format.
 */
export async function verifyCheckpoint(folder: string): Promise<Manifest> {
  const manifest = await inspectCheckpoint(folder);
  for (const file of checkpointFiles) {
    const hash = createHash('sha256');
    const opened = await openPlainFile(path.join(folder, file));
    await pipeline(opened.createReadStream(), hash);
    if (hash.digest('hex') !== manifest.files[file].sha256)
      throw new DamagedCheckpoint(`${file} differs from what was written`);
  }
  return manifest;
}

/**
 * The manifest of a checkpoint, after checking that all files are there with the right sizes; contents are not read.
 *
 * @throws {DamagedCheckpoint} If one is not.
 * @throws {NucleateError} Exit code 6 if it has another format.
 */
export async function inspectCheckpoint(folder: string): Promise<Manifest> {
  const manifestSize = await sizeOfFile(folder, manifestFile);
  if (manifestSize > maxManifestBytes) throw new DamagedCheckpoint(`${manifestFile} is too large`);
  const manifest = readManifest(await readPlainText(path.join(folder, manifestFile)), folder);
  if (folderOfStep(manifest.step) !== path.basename(folder))
    throw new DamagedCheckpoint(`it is a checkpoint of step ${manifest.step}`);
  for (const file of checkpointFiles) {
    const size = await sizeOfFile(folder, file);
    const { bytes } = manifest.files[file];
    if (size !== bytes) throw new DamagedCheckpoint(`${file} has ${size} bytes; ${bytes} were written`);
  }
  return manifest;
}

/** Size of a file in the folder itself; links are rejected. */
async function sizeOfFile(folder: string, name: string): Promise<number> {
  const facts = await lstat(path.join(folder, name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') throw new DamagedCheckpoint(`${name} is missing`);
    throw error;
  });
  if (!facts.isFile()) throw new DamagedCheckpoint(`${name} is not a file`);
  return facts.size;
}

/** A checkpoint that cannot be read counts as damaged: an older one may do. */
export const isDamage = (error: unknown): error is Error =>
  error instanceof DamagedCheckpoint || error instanceof SafetensorsError || isSystemError(error);
