import { readdir } from 'node:fs/promises';

const prefix = 'step-';

/** Prefix of folders that are being written; a leftover one is not in use. */
export const temporaryPrefix = '.tmp-';

/** Nine digits, so that listings are sorted by step up to 10^9. */
export const folderOfStep = (step: number) => `${prefix}${String(step).padStart(9, '0')}`;

/** The steps that have a checkpoint, whole or damaged, newest first; empty if the folder does not exist. */
export async function stepsIn(checkpoints: string): Promise<number[]> {
  const entries = await readdir(checkpoints, { withFileTypes: true }).catch(
    (error: NodeJS.ErrnoException) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    },
  );
  return entries
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => ({ name, step: Number(name.slice(prefix.length)) }))
    .filter(({ name, step }) => Number.isSafeInteger(step) && name === folderOfStep(step))
    .map(({ step }) => step)
    .sort((a, b) => b - a);
}
