import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import fc from 'fast-check';
import { expect } from 'vitest';
import { loadConfig } from '../../src/config/load.js';
import { bytesInMemory } from '../../src/data/files/file-bytes.js';
import { openFileTree } from '../../src/data/files/open-files.js';
import { findImages } from '../../src/data/image/image-io.js';
import { parseGroupsCsv } from '../../src/data/read/groups-csv.js';
import { problemsError } from '../../src/data/read/problems.js';
import { readRunLengthCsv } from '../../src/data/read/annotations/run-length-csv.js';
import { readSplit } from '../../src/data/split/split-file.js';
import { exitCodes, NucleateError } from '../../src/errors.js';
import { openPrediction } from '../../src/eval/sources/open.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import { DamagedCheckpoint, readManifest } from '../../src/run/checkpoints/manifest.js';
import { loadCheckpoint } from '../../src/run/checkpoints/read.js';
import { decodeSafetensors, SafetensorsError } from '../../src/safetensors/decode.js';
import { edits, mutated } from './mutations.js';

/** A reader that is given changed files. */
interface FuzzedReader {
  readonly name: string;
  /** Whole files that it reads. */
  readonly files: readonly string[];
  /** Exit codes of the errors that it may throw. */
  readonly exitCodes: readonly number[];
  /** Other errors that its callers understand. */
  readonly errors?: readonly (new (...args: never[]) => Error)[];
  /** @param folder Of this reader alone, for readers of files. @param file The whole file that was changed. */
  readonly read: (bytes: Buffer, folder: string, file: string) => unknown;
}

const old = 'test/fixtures/old-files';
const fixtures = (folder: string, ending: RegExp) =>
  readdirSync(folder)
    .filter((name) => ending.test(name))
    .map((name) => path.join(folder, name));
const images = (ending: RegExp) => fixtures('test/fixtures/images', ending);

async function readImages(bytes: Buffer): Promise<void> {
  const opened = bytesInMemory(bytes);
  for (const image of (await findImages(opened, {}, 'fuzzed')).slice(0, 3)) {
    if (image.width * image.height < 1e6) await image.read();
  }
}

async function readAnnotations(bytes: Buffer, folder: string, file: string): Promise<void> {
  const changed = path.join(folder, path.basename(file));
  writeFileSync(changed, bytes);
  // One of its files has two.
  const source = await openPrediction(changed, undefined, { categories: ['all'] });
  try {
    for (const id of source.ids) await source.read(id, { width: 24, height: 20 });
  } finally {
    await source.close();
  }
}

/** Writes the changed file in the place of the whole one in a copy of its folder. */
function inFolder(bytes: Buffer, folder: string, file: string, whole: string): string {
  cpSync(whole, folder, { recursive: true });
  writeFileSync(path.join(folder, path.relative(whole, file)), bytes);
  return folder;
}

const hashOf = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

const checkpoint = `${old}/detector/checkpoints/step-000000002`;

export const fuzzedReaders: readonly FuzzedReader[] = [
  {
    name: 'safetensors',
    files: [`${old}/model/detector.safetensors`, 'test/safetensors/fixtures/every-dtype.safetensors'],
    exitCodes: [],
    errors: [SafetensorsError],
    read: (bytes) => decodeSafetensors(bytes),
  },
  {
    name: 'model.json',
    files: [`${old}/model/model.json`],
    exitCodes: [exitCodes.checkpoint],
    read: (bytes, folder, file) => readModelFolder(inFolder(bytes, folder, file, `${old}/model`)),
  },
  {
    name: 'weights of a model, with their right hash',
    files: [`${old}/model/detector.safetensors`],
    exitCodes: [exitCodes.checkpoint, exitCodes.diverged],
    read: (bytes, folder, file) => {
      inFolder(bytes, folder, file, `${old}/model`);
      const description = readFileSync(`${old}/model/model.json`, 'utf8');
      const hash = hashOf(readFileSync(file));
      writeFileSync(path.join(folder, 'model.json'), description.replace(hash, hashOf(bytes)));
      return readModelFolder(folder);
    },
  },
  {
    name: 'files of a checkpoint',
    files: readdirSync(checkpoint).map((name) => path.join(checkpoint, name)),
    exitCodes: [exitCodes.checkpoint],
    errors: [DamagedCheckpoint],
    read: async (bytes, folder, file) => {
      const changed = inFolder(bytes, path.join(folder, 'step-000000002'), file, checkpoint);
      const { tensors } = await loadCheckpoint(changed);
      // Only a file that is as it was written is read.
      expect(bytes.equals(readFileSync(file))).toBe(true);
      return tensors;
    },
  },
  {
    name: 'manifests, with their right hash',
    files: [`${checkpoint}/manifest.json`],
    exitCodes: [exitCodes.checkpoint],
    errors: [DamagedCheckpoint],
    read: (bytes) => {
      let manifest: unknown;
      try {
        ({ manifest } = JSON.parse(bytes.toString()) as { manifest: unknown });
      } catch {
        return readManifest(bytes.toString(), 'fuzzed');
      }
      const sha256 = hashOf(Buffer.from(JSON.stringify(manifest ?? null)));
      return readManifest(`${JSON.stringify({ sha256, manifest }, null, 2)}\n`, 'fuzzed');
    },
  },
  {
    name: 'configs',
    files: ['configs/detector/tiny.yaml', 'configs/segmenter/tiny.yaml', `${old}/detector.yaml`],
    exitCodes: [exitCodes.usage],
    read: (bytes, folder) => {
      const file = path.join(folder, 'config.yaml');
      writeFileSync(file, bytes);
      return loadConfig(file);
    },
  },
  {
    name: 'tables of run lengths',
    files: [`${old}/a-5afb7932.csv`],
    exitCodes: [exitCodes.data],
    read: async (bytes) => {
      const { problems } = await readRunLengthCsv(Readable.from([bytes]), 'fuzzed.csv');
      // They are listed with their places, and thrown by those who read the table.
      if (problems.length > 0) throw problemsError('fuzzed.csv', problems);
    },
  },
  ...Object.entries({
    COCO: /^coco\.json$/u,
    GeoJSON: /\.geojson(\.gz)?$/u,
    'ROIs of ImageJ': /_rois\.zip$/u,
    'label arrays': /\.(npy|npz)$/u,
  }).map(([name, ending]) => ({
    name,
    files: fixtures('test/fixtures/annotations', ending),
    exitCodes: [exitCodes.data],
    read: readAnnotations,
  })),
  {
    name: 'tables of groups',
    files: ['test/fuzz/groups.csv'],
    exitCodes: [exitCodes.data],
    read: (bytes) => parseGroupsCsv(bytes, 'fuzzed.csv'),
  },
  {
    name: 'splits',
    files: ['test/fuzz/split.json'],
    exitCodes: [exitCodes.data],
    read: (bytes, folder) => {
      const file = path.join(folder, 'split.json');
      writeFileSync(file, bytes);
      return readSplit(file);
    },
  },
  { name: 'TIFF', files: images(/\.tif$/u), exitCodes: [exitCodes.data], read: readImages },
  { name: 'PNG and JPEG', files: images(/\.(png|jpg)$/u), exitCodes: [exitCodes.data], read: readImages },
  {
    name: 'zip archives',
    files: ['test/fixtures/annotations/x_rois.zip'],
    exitCodes: [exitCodes.data],
    read: async (bytes, folder) => {
      const file = path.join(folder, 'fuzzed.zip');
      writeFileSync(file, bytes);
      const tree = await openFileTree(file);
      try {
        for (const name of tree.files) await tree.read(name);
      } finally {
        await tree.close();
      }
    },
  },
];

/** Longer than any of these small files needs, even on a loaded machine, ms. */
const longestMs = 20_000;

/**
 * Gives a reader changed files: it reads them, or throws an error that users understand; never another one, and never too
 * late.
 *
 * @returns How many files were read, and how many refused.
 */
export async function fuzz(reader: FuzzedReader, numRuns: number, seed: number) {
  const counts = { read: 0, refused: 0 };
  const root = mkdtempSync(path.join(tmpdir(), 'nucleate-fuzz-'));
  const folder = path.join(root, 'case');
  const wholes = new Map(reader.files.map((file) => [file, readFileSync(file)]));
  const one = async (file: string, bytes: Buffer) => {
    rmSync(folder, { recursive: true, force: true });
    mkdirSync(folder);
    const began = performance.now();
    try {
      await reader.read(bytes, folder, file);
      counts.read += 1;
    } catch (error) {
      const isKnown =
        error instanceof NucleateError
          ? reader.exitCodes.includes(error.exitCode)
          : (reader.errors ?? []).some((kind) => error instanceof kind);
      if (!isKnown) throw error;
      counts.refused += 1;
    }
    expect(performance.now() - began).toBeLessThan(longestMs);
  };
  try {
    const property = fc.asyncProperty(fc.constantFrom(...wholes.keys()), edits, (file, changes) =>
      one(file, mutated(wholes.get(file)!, changes)),
    );
    await fc.assert(property, { numRuns, seed, endOnFailure: true });
  } finally {
    rmSync(root, { recursive: true });
  }
  return counts;
}
