import { stat } from 'node:fs/promises';
import { type ExitCode, exitCodes, NucleateError } from '../../errors.js';
import { openPlainFile } from '../../plain-file.js';
import type { MaskChoice } from '../../data/read/annotations/annotation.js';
import { listPredictionFolder, type PredictionFolder } from './folder.js';
import { sourceError } from './source.js';

/** A path that the user gives to be scored, or as the truth. */
export interface Target {
  /** As the user named it. */
  readonly path: string;
  readonly isFolder: boolean;
  /** What the user says about its masks. */
  readonly reading: MaskChoice;
  /**
   * Lists the folder; reads it once, however often it is called.
   *
   * @throws {NucleateError} Exit code 3, see {@link listPredictionFolder}.
   */
  readonly list: () => Promise<PredictionFolder>;
}

/**
 * @param exitCode Where there is no such file or folder: as for every run, model and result that is not there, or for a dataset.
 * @throws {NucleateError} With it.
 */
export async function targetAt(
  path: string,
  reading: MaskChoice,
  exitCode: ExitCode = exitCodes.usage,
): Promise<Target> {
  const isFolder = await stat(path).then(
    (info) => info.isDirectory(),
    (cause: NodeJS.ErrnoException) => {
      const what =
        cause.code === 'ENOENT'
          ? `There is no file or folder \`${path}\`.`
          : `There is nothing to read: ${cause.message}.`;
      throw new NucleateError({ what, where: path, hint: 'Check the path.', exitCode }, { cause });
    },
  );
  let listing: Promise<PredictionFolder> | undefined;
  return { path, isFolder, reading, list: () => (listing ??= listPredictionFolder(path)) };
}

/** The first bytes of a file, at most `length`. */
export async function firstBytes(path: string, length: number): Promise<Buffer> {
  const file = await openPlainFile(path).catch((cause: Error) => {
    throw sourceError(path, `The file cannot be read: ${cause.message}.`, 'Check the path.', cause);
  });
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}
