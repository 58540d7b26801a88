import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { folderOfStep, temporaryPrefix } from './checkpoints/folders.js';
import { runFiles } from './run-folder.js';

const ValidationImages = z.strictObject({
  step: z.int().min(0),
  score: z.number(),
  /** Of each image by itself; null where there was nothing to find. */
  images: z.array(
    z.strictObject({ id: z.string(), cluster: z.string().optional(), score: z.number().nullable() }),
  ),
  /** Drawings of images that did worst and best: files beside this one. */
  examples: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(['worst', 'best']),
      score: z.number(),
      file: z.string().regex(/^(?:worst|best)-\d+\.png$/u),
    }),
  ),
});

/** What a validation leaves of each image. */
export type ValidationImages = z.output<typeof ValidationImages>;

const evaluationFile = 'images.json';

/**
 * Writes `eval/step-N`, and deletes those of other steps but `bestStep`: two at most lie there.
 *
 * @param pngs Of `examples`, in their order.
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
    mkdirSync(draft, { recursive: true });
    evaluation.examples.forEach(({ file }, index) => writeFileSync(path.join(draft, file), pngs[index]!));
    writeFileSync(path.join(draft, evaluationFile), `${JSON.stringify(evaluation, null, 1)}\n`);
    // A validation that a killed process had done is done again.
    rmSync(path.join(folder, name), { recursive: true, force: true });
    renameSync(draft, path.join(folder, name));
  } finally {
    // What did not fit must not take the room of others.
    rmSync(draft, { recursive: true, force: true });
  }
  for (const other of readdirSync(folder)) {
    if (/^step-\d+$/u.test(other) && other !== name && other !== folderOfStep(bestStep))
      rmSync(path.join(folder, other), { recursive: true, force: true });
  }
}

/** What the validation at a step has left; null if there is nothing, or nothing that can be read. */
export function readValidationImages(runFolder: string, step: number): ValidationImages | null {
  const folder = validationImagesFolder(runFolder, step);
  try {
    return ValidationImages.parse(JSON.parse(readFileSync(path.join(folder, evaluationFile), 'utf8')));
  } catch {
    return null;
  }
}

/** Where the validation at a step has left its drawings. */
export const validationImagesFolder = (runFolder: string, step: number) =>
  path.join(runFiles(runFolder).evaluation, folderOfStep(step));
