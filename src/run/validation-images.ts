import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { makeFolders } from '../make-folders.js';
import { readPlainTextSync } from '../plain-file.js';
import { folderOfStep, temporaryPrefix } from './checkpoints/folders.js';
import { runFiles } from './run-folder.js';

const ValidationImages = z.strictObject({
  step: z.int().min(0),
  score: z.number(),
  /** The score of each image; null where there was nothing to find. */
  images: z.array(
    z.strictObject({ id: z.string(), cluster: z.string().optional(), score: z.number().nullable() }),
  ),
  /** Drawings of the images with the worst and best scores: files next to this one. */
  examples: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(['worst', 'best']),
      score: z.number(),
      file: z.string().regex(/^(?:worst|best)-\d+\.png$/u),
    }),
  ),
});

/** The scores and drawings that a validation saves. */
export type ValidationImages = z.output<typeof ValidationImages>;

const evaluationFile = 'images.json';

/**
 * Writes `eval/step-N`, and deletes the folders of other steps except `bestStep`: at most two remain.
 *
 * @param pngs The drawings of `examples`, in their order.
 * @throws {Error} If it cannot be written.
 */
export function writeValidationImages(
  runFolder: string,
  evaluation: ValidationImages,
  { pngs, bestStep }: { readonly pngs: readonly Uint8Array[]; readonly bestStep: number },
): void {
  const folder = runFiles(runFolder).evaluation;
  const name = folderOfStep(evaluation.step);
  const draft = path.join(folder, `${temporaryPrefix}${name}`);
  rmSync(draft, { recursive: true, force: true });
  try {
    makeFolders(draft);
    evaluation.examples.forEach(({ file }, index) => writeFileSync(path.join(draft, file), pngs[index]!));
    writeFileSync(path.join(draft, evaluationFile), `${JSON.stringify(evaluation, null, 1)}\n`);
    // After a process was killed, its last validation may be repeated.
    rmSync(path.join(folder, name), { recursive: true, force: true });
    renameSync(draft, path.join(folder, name));
  } finally {
    // Frees the space of a draft that did not fit on the disk.
    rmSync(draft, { recursive: true, force: true });
  }
  for (const other of readdirSync(folder)) {
    if (/^step-\d+$/u.test(other) && other !== name && other !== folderOfStep(bestStep))
      rmSync(path.join(folder, other), { recursive: true, force: true });
  }
}

/** What the validation at a step saved; null if there is nothing readable. */
export function readValidationImages(runFolder: string, step: number): ValidationImages | null {
  const folder = validationImagesFolder(runFolder, step);
  try {
    return ValidationImages.parse(JSON.parse(readPlainTextSync(path.join(folder, evaluationFile))));
  } catch {
    return null;
  }
}

/** The folder of the drawings of the validation at a step. */
export const validationImagesFolder = (runFolder: string, step: number) =>
  path.join(runFiles(runFolder).evaluation, folderOfStep(step));
