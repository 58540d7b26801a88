import { readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { makeFolders } from '../../make-folders.js';
import { type AfterWrite, replaceSynced, syncFolder, writeError } from '../durable-files.js';
import { folderOfStep, stepsIn, temporaryPrefix } from './folders.js';
import { inspectCheckpoint, isDamage } from './read.js';

/**
 * Prepares the folder for checkpoints after `step`: deletes leftovers of killed processes, and renames newer
 * checkpoints, which are damaged and were skipped, to `damaged-step-N`.
 *
 * The caller holds the lock of the run.
 *
 * @param checkpoints Created if it does not exist.
 * @param step The step the run continues from; 0 for a new run.
 * @throws {NucleateError} Exit code 8 if the folder cannot be written to.
 */
export async function prepareCheckpoints(checkpoints: string, step: number): Promise<void> {
  try {
    makeFolders(checkpoints);
    for (const name of await readdir(checkpoints)) {
      if (name.startsWith(temporaryPrefix)) await remove(checkpoints, name);
    }
    for (const newer of await stepsIn(checkpoints)) {
      if (newer <= step) break;
      const name = folderOfStep(newer);
      await remove(checkpoints, `damaged-${name}`);
      await rename(path.join(checkpoints, name), path.join(checkpoints, `damaged-${name}`));
    }
    await point(checkpoints, await wholeOnes(checkpoints), () => {});
    await syncFolder(checkpoints);
  } catch (error) {
    throw writeError(error, checkpoints);
  }
}

/**
 * Writes the names of the newest and the best checkpoint to the files `latest` and `best`, for people and other
 * programs, and deletes all checkpoints except the newest `keepLast` and the best. Incomplete checkpoints do not count;
 * without a complete one nothing is deleted.
 */
export async function pointAndPrune(checkpoints: string, keepLast: number, after: AfterWrite): Promise<void> {
  const whole = await wholeOnes(checkpoints);
  await point(checkpoints, whole, after);
  if (whole.length === 0) return;
  const kept = new Set(whole.slice(0, keepLast).map(({ step }) => step));
  kept.add(bestOf(whole)?.step ?? whole[0]!.step);
  for (const step of await stepsIn(checkpoints)) {
    if (kept.has(step)) continue;
    const name = folderOfStep(step);
    // Renamed first: a half-deleted folder must not look like a checkpoint.
    const doomed = `${temporaryPrefix}old-${name}`;
    await rename(path.join(checkpoints, name), path.join(checkpoints, doomed));
    after('rename an old one');
    await remove(checkpoints, doomed);
    after('delete an old one');
  }
}

interface Whole {
  readonly step: number;
  readonly score: number | null;
}

/** Newest first. */
async function wholeOnes(checkpoints: string): Promise<Whole[]> {
  const whole: Whole[] = [];
  for (const step of await stepsIn(checkpoints)) {
    try {
      const { score } = await inspectCheckpoint(path.join(checkpoints, folderOfStep(step)));
      whole.push({ step, score });
    } catch (error) {
      if (!isDamage(error)) throw error;
    }
  }
  return whole;
}

/** The earlier of two with equal scores, as in training. */
function bestOf(whole: readonly Whole[]): Whole | undefined {
  return whole
    .filter(({ score }) => score !== null)
    .reduce<Whole | undefined>((best, one) => (best && best.score! > one.score! ? best : one), undefined);
}

async function point(checkpoints: string, whole: readonly Whole[], after: AfterWrite): Promise<void> {
  const targets = { latest: whole[0], best: bestOf(whole) };
  for (const [name, target] of Object.entries(targets)) {
    const file = path.join(checkpoints, name);
    if (target) await replaceSynced(file, `${folderOfStep(target.step)}\n`, after);
    else await rm(file, { force: true });
  }
}

const remove = (folder: string, name: string) =>
  rm(path.join(folder, name), { recursive: true, force: true });
