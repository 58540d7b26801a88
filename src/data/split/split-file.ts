import { writeFile } from 'node:fs/promises';
import { readPlainText } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Split, SplitImage } from './split.js';

/**
 * Writes a split as JSON, one line per image, so that two splits can be compared line by line.
 *
 * @throws {NucleateError} Exit code 8 if the file cannot be written.
 */
export async function writeSplit(path: string, split: Split): Promise<void> {
  await writeFile(path, splitText(split)).catch((cause: Error) => {
    const what = `The split file cannot be written: ${cause.message}.`;
    const hint = 'Check that the folder exists, is writable and has space left.';
    throw new NucleateError({ what, where: path, hint, exitCode: exitCodes.io }, { cause });
  });
}

/** The text of a split file. */
export function splitText({ images, ...facts }: Split): string {
  const head = Object.entries(facts).map(
    ([key, value]) => `  ${JSON.stringify(key)}: ${JSON.stringify(value)},`,
  );
  const rows = Object.entries(images).map(
    ([id, image]) => `    ${JSON.stringify(id)}: ${JSON.stringify(image)}`,
  );
  return ['{', ...head, '  "images": {', rows.join(',\n'), '  }', '}', ''].join('\n');
}

/**
 * Reads a split.
 *
 * @throws {NucleateError} Exit code 3 if the file cannot be read or is not a split.
 */
export async function readSplit(path: string): Promise<Split> {
  const error = (what: string, cause?: unknown) => {
    const hint = 'Give a file that was written by `nucleate data split`.';
    return new NucleateError({ what, where: path, hint, exitCode: exitCodes.data }, { cause });
  };
  const text = await readPlainText(path).catch((cause: Error) => {
    throw error(`The split file cannot be read: ${cause.message}.`, cause);
  });
  let parsed: unknown;
  try {
    parsed = JSON.parse(text);
  } catch (cause) {
    throw error(`The split file is not valid JSON: ${(cause as Error).message}.`, cause);
  }
  if (!isSplit(parsed)) throw error('The file is JSON, but not a split.');
  return parsed;
}

function isSplit(value: unknown): value is Split {
  if (typeof value !== 'object' || value === null) return false;
  const { dataset, seed, folds, images } = value as Record<string, unknown>;
  if (typeof dataset !== 'string' || typeof seed !== 'number' || !isCount(folds)) return false;
  if (typeof images !== 'object' || images === null) return false;
  return Object.values(images).every((image) => isSplitImage(image, folds));
}

const isCount = (value: unknown): value is number =>
  typeof value === 'number' && Number.isInteger(value) && value > 0;

function isSplitImage(value: unknown, folds: number): value is SplitImage {
  if (typeof value !== 'object' || value === null) return false;
  const { fold, group, cluster, pixels } = value as Record<string, unknown>;
  const isFold = typeof fold === 'number' && Number.isInteger(fold) && fold >= 0 && fold < folds;
  const isHash = pixels === undefined || (typeof pixels === 'string' && /^[0-9a-f]{64}$/u.test(pixels));
  return isFold && typeof group === 'number' && typeof cluster === 'string' && isHash;
}
