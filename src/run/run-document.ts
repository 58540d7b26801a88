import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { NucleateError } from '../errors.js';
import { folderOfStep, stepsIn } from './checkpoints/folders.js';
import { inspectCheckpoint, isDamage, verifyCheckpoint } from './checkpoints/read.js';
import { readMetrics } from './logs/metrics.js';
import { runFiles } from './run-folder.js';
import { curvesOf, type RunCurves } from './curves.js';
import { readConfig, readJson, type RunSummary, summariseRun } from './run-summary.js';

export interface RunCheckpoint {
  readonly step: number;
  /** Of the validation at this step; null if there was none, or if it is damaged. */
  readonly score: number | null;
  readonly bytes: number;
  readonly isLatest: boolean;
  readonly isBest: boolean;
  /**
   * `verified`: every byte has the hash that was written; `whole`: all files are there with their sizes; `damaged`
   * otherwise.
   */
  readonly state: 'verified' | 'whole' | 'damaged';
  /** What is wrong with a damaged one. */
  readonly problem: string | null;
}

/** All that a run folder tells about its run; plain data, ready for JSON. */
export interface RunDocument {
  readonly summary: RunSummary;
  /** As it was understood; the text is YAML. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly configText: string;
  /** `env.json`, `git.json` and `dataset.json`. */
  readonly environment: Readonly<Record<string, unknown>>;
  readonly git: Readonly<Record<string, unknown>>;
  readonly dataset: Readonly<Record<string, unknown>>;
  /** Newest first. */
  readonly checkpoints: readonly RunCheckpoint[];
  readonly curves: RunCurves;
  /** Lines of `metrics.jsonl` that are no records. */
  readonly damagedLines: number;
}

/**
 * Reads all of a run, which may go on meanwhile; changes nothing.
 *
 * @param options.verify Reads every byte of the checkpoints and compares their hashes.
 */
export async function readRun(
  folder: string,
  { verify }: { readonly verify: boolean },
): Promise<RunDocument> {
  const files = runFiles(folder);
  const { records, damagedLines } = readMetrics(files.metrics);
  return {
    summary: await summariseRun(folder),
    config: readConfig(folder),
    configText: textOf(files.resolvedConfig),
    environment: readJson(files.environment),
    git: readJson(files.git),
    dataset: readJson(files.dataset),
    checkpoints: await checkpointsOf(files.checkpoints, verify),
    curves: curvesOf(records),
    damagedLines,
  };
}

async function checkpointsOf(checkpoints: string, verify: boolean): Promise<RunCheckpoint[]> {
  const found: RunCheckpoint[] = [];
  const pointed = (name: string) => textOf(path.join(checkpoints, name)).trim();
  for (const step of await stepsIn(checkpoints)) {
    const folder = path.join(checkpoints, folderOfStep(step));
    const names = {
      isLatest: pointed('latest') === folderOfStep(step),
      isBest: pointed('best') === folderOfStep(step),
    };
    try {
      const { score, files } = await (verify ? verifyCheckpoint : inspectCheckpoint)(folder);
      const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
      found.push({ step, score, bytes, ...names, state: verify ? 'verified' : 'whole', problem: null });
    } catch (error) {
      // Of another format, or damaged; unless the trainer has pruned it just now.
      if (!isDamage(error) && !(error instanceof NucleateError)) throw error;
      if (existsSync(folder))
        found.push({ step, score: null, bytes: 0, ...names, state: 'damaged', problem: error.message });
    }
  }
  return found;
}

function textOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
