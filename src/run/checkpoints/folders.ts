import { readdir } from 'node:fs/promises';

const prefix = 'step-';

/** Of folders that are being written; what is left of them belongs to nobody. */
export const temporaryPrefix = '.tmp-';

/** Nine digits, so that listings are in the order of the steps up to 10^9. */
export const folderOfStep = (step: number) => `${prefix}${String(step).padStart(9, '0')}`;

/** The steps that have a checkpoint, whole or damaged, newest first; empty if there is no such folder. */
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
