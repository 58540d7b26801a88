import { join } from 'node:path';
import { z } from 'zod';
import { readPlainText } from '../../plain-file.js';
import type { Problem } from '../../errors.js';
import { throwIfProblems, sourceError, type PredictionSource } from './source.js';

/** The file in a folder of predictions that records which data they were made for. */
const recordName = 'dataset.json';

const Recorded = z.object({ sha256: z.string().regex(/^[0-9a-f]{64}$/u) });

/**
 * The hash of the data that a folder of predictions was made for, see `TruthSource.identity`.
 *
 * @returns null where nothing is recorded.
 * @throws {NucleateError} Exit code 3 if the record is damaged.
 */
export async function readRecordedHash(folder: string): Promise<string | null> {
  const path = join(folder, recordName);
  let text: string;
  try {
    text = await readPlainText(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null;
    throw sourceError(
      path,
      `The file cannot be read: ${(error as Error).message}.`,
      'Check the file.',
      error,
    );
  }
  try {
    return Recorded.parse(JSON.parse(text)).sha256;
  } catch (cause) {
    const hint = 'Remove the file, or write {"sha256": "..."} with the 64 hexadecimal digits of the data.';
    throw sourceError(path, 'The record of the data is damaged.', hint, cause);
  }
}

/**
 * Checks that no predictions are recorded as made for other data.
 *
 * @param sha256 Of the data that they are scored on.
 * @throws {NucleateError} Exit code 3, naming all that are.
 */
export function rejectOtherData(
  predictions: readonly PredictionSource[],
  data: string,
  sha256: string,
): void {
  const problems = predictions.flatMap(({ path, dataHash }): Problem[] =>
    dataHash === null || dataHash === sha256
      ? []
      : [
          {
            what: `It was made for the data ${dataHash.slice(0, 12)}..., not for ${sha256.slice(0, 12)}....`,
            where: path,
          },
        ],
  );
  const hint =
    'Give --data the data that the targets were made for, or add --allow-other-data to score them anyway.';
  throwIfProblems(data, 'The targets have', problems, hint);
}
