import { existsSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { readPlainTextSync } from '../plain-file.js';
import { type Ancestor, type TrainedDataset, TrainingHistory } from '../config/history.js';
import type { TrainingData } from '../data/loader/training-data.js';
import type { Example } from '../data/read/example.js';
import {
  decodeFingerprints,
  encodeFingerprints,
  sightingsOf,
  type Fingerprint,
  fingerprintOf,
} from '../data/split/fingerprint.js';
import { manifestFile, readManifest } from '../run/checkpoints/manifest.js';
import { initialCheckpoint } from './init-from.js';
import { isKerasFile } from './init-from-keras.js';

/**
 * What a new run learns from: its training images, and what the network that it begins from has learnt from.
 *
 * @param from As `InitFromOptions`; undefined for random weights.
 */
export function historyOf({ train, sources }: TrainingData, from: string | undefined): TrainingHistory {
  const own = train.map(({ image }) => fingerprintOf(image));
  const { ancestors, fingerprints } = from === undefined ? nothing : ancestryOf(from);
  return {
    datasets: sources.map((source) => trainedOn(source, train)).filter(({ images }) => images > 0),
    ancestors,
    fingerprints: encodeFingerprints([...own, ...fingerprints]),
  };
}

/** How many of the validation images trained the network that a run begins from. */
export function validationSeen({ validation }: TrainingData, from: string): number {
  const { fingerprints } = ancestryOf(from);
  const images = validation.map(({ image }) => fingerprintOf(image));
  return sightingsOf(images, fingerprints).filter((found) => found !== undefined).length;
}

interface Ancestry {
  /** The oldest first. */
  readonly ancestors: Ancestor[];
  readonly fingerprints: readonly Fingerprint[];
}

const nothing: Ancestry = { ancestors: [], fingerprints: [] };

function trainedOn(
  { ids, ...source }: TrainingData['sources'][number],
  train: readonly Example[],
): TrainedDataset {
  const used = train.filter(({ id }) => ids.has(id));
  const annotators = used.flatMap(({ annotation }) => annotation?.annotator ?? []);
  return {
    ...source,
    images: used.length,
    nuclei: used.reduce((sum, { instanceCount }) => sum + instanceCount, 0),
    annotators: [...new Set(annotators)].sort(),
  };
}

/** The network that a run begins from, and its ancestors. */
function ancestryOf(from: string): Ancestry {
  if (isKerasFile(from))
    return { ...nothing, ancestors: [{ name: path.basename(from), step: null, datasets: [] }] };
  const found = readNetwork(from);
  const { name = path.basename(from), step = null, history } = found ?? {};
  const self = { name, step, datasets: history?.datasets ?? null };
  if (!history) return { ...nothing, ancestors: [self] };
  return {
    ancestors: [...history.ancestors, self],
    fingerprints: decodeFingerprints(history.fingerprints),
  };
}

/** Undefined where it cannot be read: that is an error where its weights are read. */
function readNetwork(from: string) {
  try {
    return from.endsWith('.safetensors') ? packedNetwork(from) : checkpoint(initialCheckpoint(from));
  } catch {
    return undefined;
  }
}

function checkpoint(folder: string) {
  const { step, history } = readManifest(readPlainTextSync(path.join(folder, manifestFile)), folder);
  return { name: path.basename(path.resolve(folder, '../..')), step, history };
}

/** Of `model.json` in any format. */
const PackedNetwork = z.object({
  origin: z.object({ run: z.string(), step: z.int(), history: TrainingHistory.optional() }),
});

/** The origin of a network file in a model folder; undefined if it lies elsewhere. */
function packedNetwork(file: string) {
  const modelFile = path.join(path.dirname(file), 'model.json');
  const stage = path.basename(file, '.safetensors');
  if (!existsSync(modelFile) || (stage !== 'detector' && stage !== 'segmenter')) return undefined;
  const model = z.object({ [stage]: PackedNetwork }).parse(JSON.parse(readPlainTextSync(modelFile)));
  const { run: name, step, history } = model[stage]!.origin;
  return { name, step, history };
}
