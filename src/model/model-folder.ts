import { createHash } from 'node:crypto';
import { existsSync, statSync } from 'node:fs';
import { rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readPlainFile, readPlainText } from '../plain-file.js';
import { readComplete } from '../config/complete.js';
import { currentFormat, migrateModelFile } from '../config/migrations.js';
import { ModelFile } from '../config/model-file.js';
import { exitCodes, NucleateError } from '../errors.js';
import { requireFiniteWeights } from '../safetensors/finite.js';
import type { NetworkPair } from '../models/network.js';
import { decodeSafetensors, SafetensorsError } from '../safetensors/decode.js';
import { implausibility } from '../config/plausible.js';
import { encodeSafetensors } from '../safetensors/encode.js';
import { fromHalf, toHalf } from '../safetensors/half.js';
import type { StoredTensors } from '../safetensors/tensor.js';
import { writeFolder } from '../data/files/write-folder.js';

/** Content of a model folder: the weights of both networks, and everything else that prediction needs. */
export interface ModelFolder {
  /** Where it was read from; absent for one that was never on the disk. */
  readonly path?: string;
  readonly file: ModelFile;
  /** Float32, by the names of the network's variables. */
  readonly detector: StoredTensors;
  readonly segmenter: StoredTensors;
  /** Of an ensemble, in the order of `file.others`. */
  readonly others?: OtherTensors;
}

interface OtherTensors {
  readonly detectors: readonly StoredTensors[];
  readonly segmenters: readonly StoredTensors[];
}

/** The networks of a model folder. */
export const networksOf = ({ path: folder, file, detector, segmenter, others }: ModelFolder): NetworkPair => {
  const source = (stage: Stage, number = 1) =>
    folder === undefined ? {} : { source: path.join(folder, weightFile(stage, number)) };
  return {
    detector: { ...file.detector, weights: detector, ...source('detector') },
    segmenter: { ...file.segmenter, weights: segmenter, ...source('segmenter') },
    ...(others && {
      others: {
        detectors: others.detectors.map((weights, index) => ({
          ...{ ...file.others!.detectors[index]!, weights, ...source('detector', index + 2) },
        })),
        segmenters: others.segmenters.map((weights, index) => ({
          ...{ ...file.others!.segmenters[index]!, weights, ...source('segmenter', index + 2) },
        })),
      },
    }),
  };
};

const cardName = 'README.md';
const modelJson = 'model.json';
/** `detector.safetensors`; of an ensemble also `detector-2.safetensors` and so on. */
const weightFile = (stage: Stage, number = 1) => `${stage}${number === 1 ? '' : `-${number}`}.safetensors`;

type Stage = 'detector' | 'segmenter';

/** A model file before {@link writeModelFolder} adds the format and the hashes. */
export type NewModelFile = Omit<ModelFile, 'format' | 'others' | Stage> & {
  readonly [S in Stage]: Omit<ModelFile[S], 'sha256'>;
} & {
  readonly others?:
    | {
        readonly detectors: readonly Omit<ModelFile['detector'], 'sha256'>[];
        readonly segmenters: readonly Omit<ModelFile['segmenter'], 'sha256'>[];
      }
    | undefined;
};

/**
 * Writes a model folder: `model.json`, the weights of both networks, and a model card to read.
 *
 * @param folder Must not exist.
 * @param card Text of `README.md`.
 * @throws {NucleateError} Exit code 2 if the folder exists; exit code 8 if it cannot be written; then nothing is left.
 */
export async function writeModelFolder(
  folder: string,
  {
    file: { others: otherFiles, ...file },
    detector,
    segmenter,
    others,
  }: { readonly file: NewModelFile; readonly others?: OtherTensors } & Record<Stage, StoredTensors>,
  card: string,
): Promise<void> {
  const fill = async (partial: string) => {
    const write = async (stage: Stage, tensors: StoredTensors, number = 1) => {
      const stored = file.precision === 'float16' ? toHalf(tensors) : tensors;
      const bytes = Buffer.concat(encodeSafetensors(stored));
      await writeFile(path.join(partial, weightFile(stage, number)), bytes);
      return { sha256: hashOf(bytes) };
    };
    const whole: ModelFile = {
      ...{ ...file, format: currentFormat },
      detector: { ...file.detector, ...(await write('detector', detector)) },
      segmenter: { ...file.segmenter, ...(await write('segmenter', segmenter)) },
    };
    if (otherFiles && others) {
      const written: NonNullable<ModelFile['others']> = { detectors: [], segmenters: [] };
      for (const [index, part] of otherFiles.detectors.entries())
        written.detectors.push({
          ...part,
          ...(await write('detector', others.detectors[index]!, index + 2)),
        });
      for (const [index, part] of otherFiles.segmenters.entries())
        written.segmenters.push({
          ...part,
          ...(await write('segmenter', others.segmenters[index]!, index + 2)),
        });
      whole.others = written;
    }
    await writeFile(path.join(partial, modelJson), `${JSON.stringify(whole, null, 2)}\n`);
    await writeFile(path.join(partial, cardName), card);
  };
  await writeFolder(folder, { noun: 'model', write: fill });
}

/**
 * Replaces `model.json` and the model card, after tuning.
 *
 * @throws {NucleateError} Exit code 8 if one cannot be written; then `model.json` is unchanged.
 */
export async function replaceModelFile(folder: string, file: ModelFile, card: string): Promise<void> {
  await replaceText(path.join(folder, cardName), card);
  await replaceText(path.join(folder, modelJson), `${JSON.stringify(file, null, 2)}\n`);
}

async function replaceText(target: string, text: string): Promise<void> {
  const partial = path.join(path.dirname(target), `.${path.basename(target)}.${process.pid}.part`);
  try {
    await rm(partial, { force: true });
    await writeFile(partial, text, { flag: 'wx' });
    await rename(partial, target);
  } catch (error) {
    await rm(partial, { force: true });
    throw new NucleateError(
      {
        what: `The settings cannot be saved: ${(error as Error).message}.`,
        where: target,
        hint: 'Check that the folder is writable and has space left.',
        exitCode: exitCodes.io,
      },
      { cause: error },
    );
  }
}

/**
 * Reads a model folder; every byte of the weights is verified before the first tensor is made.
 *
 * @throws {NucleateError} Exit code 2 if there is no such folder; 6 if it is not a model folder, is damaged, or has a newer
 *   format; 5 if a weight is NaN or infinite. Whether the weights are those of the networks shows when these are built.
 */
export async function readModelFolder(folder: string): Promise<ModelFolder> {
  if (!existsSync(folder)) {
    throw new NucleateError({
      what: `There is no model folder \`${folder}\`.`,
      where: folder,
      hint: modelHint,
      exitCode: exitCodes.usage,
    });
  }
  if (statSync(folder).isFile()) throw modelError('This is a file, not a model folder.', folder);
  const where = path.join(folder, modelJson);
  const text = await readPlainText(where).catch((cause: Error) => {
    throw modelError(unreadable(cause, 'This folder is not a model folder', 'The model file'), where, {
      cause,
    });
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw modelError(`The file is not JSON: ${(cause as Error).message}.`, where, { cause });
  }
  const format = (parsed as { format?: unknown } | null)?.format;
  if (typeof format === 'number' && !(format >= 1 && format <= currentFormat)) {
    const isNewer = format > currentFormat;
    const what = isNewer
      ? `The model was made by a newer version of nucleate: it has the format ${format}, this one reads up to ${currentFormat}.`
      : `The model has the format ${format}; formats begin at 1.`;
    throw modelError(what, where, { hint: isNewer ? 'Update nucleate.' : 'Pack the model again.' });
  }
  const description = readComplete(
    ModelFile,
    typeof format === 'number' ? migrateModelFile(parsed, format) : parsed,
  );
  if ('fault' in description) throw modelError(`The model file cannot be used: ${description.fault}.`, where);
  const { config: file } = description;
  for (const [stage, networks] of [
    ['detector', [file.detector, ...(file.others?.detectors ?? [])]],
    ['segmenter', [file.segmenter, ...(file.others?.segmenters ?? [])]],
  ] as const) {
    for (const { config } of networks) {
      const fault = implausibility(config);
      if (fault !== undefined) throw modelError(`The ${stage} cannot be built: ${fault}.`, where);
    }
  }
  const read = (stage: Stage, { sha256 }: { readonly sha256: string }, number = 1) =>
    readWeights(path.join(folder, weightFile(stage, number)), sha256);
  const [detector, segmenter] = [
    await read('detector', file.detector),
    await read('segmenter', file.segmenter),
  ];
  if (!file.others) return { path: folder, file, detector, segmenter };
  const detectors: StoredTensors[] = [];
  const segmenters: StoredTensors[] = [];
  for (const [index, part] of file.others.detectors.entries())
    detectors.push(await read('detector', part, index + 2));
  for (const [index, part] of file.others.segmenters.entries())
    segmenters.push(await read('segmenter', part, index + 2));
  return { path: folder, file, detector, segmenter, others: { detectors, segmenters } };
}

const modelHint =
  'Name a folder made by `nucleate model pack`, or the one that `nucleate finetune` wrote to --out.';

/** Why a file of a model cannot be read: it is not there, or is something that is not read. */
function unreadable({ message, code }: NodeJS.ErrnoException, missing: string, noun: string): string {
  const isMissing = code === 'ENOENT' || code === 'ENOTDIR';
  return isMissing ? `${missing}.` : `${noun} cannot be read: ${message}.`;
}

async function readWeights(file: string, sha256: string): Promise<StoredTensors> {
  const bytes = await readPlainFile(file).catch((cause: Error) => {
    throw modelError(
      unreadable(cause, 'The weights of the model are missing', 'The weights of the model'),
      file,
      {
        cause,
      },
    );
  });
  if (hashOf(bytes) !== sha256)
    throw modelError('The weights were changed after the model was packed.', file);
  let weights;
  try {
    weights = fromHalf(decodeSafetensors(bytes).tensors);
  } catch (cause) {
    if (!(cause instanceof SafetensorsError)) throw cause;
    throw modelError(`The weights cannot be read: ${cause.message}.`, file, { cause });
  }
  requireFiniteWeights(weights, file);
  return weights;
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const modelError = (
  what: string,
  where: string,
  { cause, hint = modelHint }: { cause?: unknown; hint?: string } = {},
) => new NucleateError({ what, where, hint, exitCode: exitCodes.checkpoint }, { cause });
