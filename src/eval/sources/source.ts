/** What `nucleate eval` reads: predictions, and the truth that they are held against. */
import type { Image } from '../../data/image.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { DrawnInstances } from '../instance-canvas.js';

/** px. */
export interface Size {
  readonly width: number;
  readonly height: number;
}

/** One set of predictions. */
export interface PredictionSource {
  /** As the user named it. */
  readonly path: string;
  /** What it was taken for, in words. */
  readonly kind: string;
  /** Ids of the predicted images, in code-unit order. */
  readonly ids: readonly string[];
  /** {@link TruthSource.hash} of the data that they were made for; null where it is not recorded. */
  readonly dataHash: string | null;
  /**
   * Reads one image's prediction.
   *
   * @param size Of the true label image.
   * @throws {NucleateError} Exit code 3 if it cannot be read or has another size.
   */
  read(id: string, size: Size): Promise<DrawnInstances>;
}

/** The truth. Dataset readers implement it. */
export interface TruthSource {
  readonly path: string;
  readonly kind: string;
  /** In code-unit order; at least one. */
  readonly ids: readonly string[];
  /** @throws {NucleateError} Exit code 3 if it cannot be read. */
  read(id: string): Promise<DrawnInstances>;
  /** The image itself; null where the source holds only truth. */
  readImage(id: string): Promise<Image | null>;
  /** SHA-256 over the names and contents of its files in the code-unit order of their names; hexadecimal. */
  hash(): Promise<string>;
}

/** A source that is not in order. */
export function sourceError(where: string, what: string, mend: string, cause?: unknown): NucleateError {
  return new NucleateError({ where, what, mend, exitCode: exitCodes.data }, { cause });
}

/** More than these are only counted. */
const problemsShown = 20;

/**
 * Throws one error for all problems of a source; nothing where there are none.
 *
 * @throws {NucleateError} Exit code 3.
 */
export function refuseSource(where: string, noun: string, problems: readonly Problem[], mend: string): void {
  if (problems.length === 0) return;
  const shown = problems.slice(0, problemsShown);
  const more = problems.length - shown.length;
  if (more > 0) shown.push({ what: `${more} more problems are not listed.` });
  throw new NucleateError({
    what: `${noun} ${problems.length === 1 ? '1 problem' : `${problems.length} problems`}.`,
    where,
    mend,
    exitCode: exitCodes.data,
    problems: shown,
  });
}

/** The problems that a caught refusal stands for; anything else is a defect and thrown on. */
export function problemsOf(error: unknown, place: string): readonly Problem[] {
  if (!(error instanceof NucleateError)) throw error;
  if (error.problems.length > 0) return error.problems;
  return [{ what: error.message, where: error.where ?? place, mend: error.mend }];
}

/** @throws {NucleateError} Exit code 3 if the prediction has another size than the truth. */
export function checkSize(place: string, pred: Size, gt: Size): void {
  if (pred.width === gt.width && pred.height === gt.height) return;
  throw sourceError(
    place,
    `The prediction has ${pred.width} x ${pred.height} pixels and the truth ${gt.width} x ${gt.height}.`,
    'Scale and crop predictions back to the size of the image.',
  );
}
