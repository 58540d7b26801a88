import { existsSync } from 'node:fs';
import path from 'node:path';
import { readPlainTextSync } from '../plain-file.js';
import { NucleateError } from '../errors.js';
import { folderOfStep, stepsIn } from './checkpoints/folders.js';
import { inspectCheckpoint, isDamage, verifyCheckpoint } from './checkpoints/read.js';
import { readMetrics } from './logs/metrics.js';
import { type MetricNames, readMetricNames } from './metric-names.js';
import { runFiles } from './run-folder.js';
import { curvesOf, type RunCurves } from './curves.js';
import { readConfig, readJson, type RunSummary, summariseRun } from './run-summary.js';

export interface RunCheckpoint {
  readonly step: number;
  /** Of the validation at this step; null if there was none, or if the checkpoint is damaged. */
  readonly score: number | null;
  readonly bytes: number;
  readonly isLatest: boolean;
  readonly isBest: boolean;
  /**
   * `verified`: the files have the hashes that were written; `whole`: all files are there with the right sizes;
   * `damaged` otherwise.
   */
  readonly state: 'verified' | 'whole' | 'damaged';
  /** What is wrong with a damaged one. */
  readonly problem: string | null;
}

/** All that a run folder says about its run; plain data, ready for JSON. */
export interface RunDocument {
  readonly summary: RunSummary;
  /** With all defaults filled in; the text is YAML. */
  readonly config: Readonly<Record<string, unknown>>;
  readonly configText: string;
  /** `env.json`, `git.json` and `dataset.json`. */
  readonly environment: Readonly<Record<string, unknown>>;
  readonly git: Readonly<Record<string, unknown>>;
  readonly dataset: Readonly<Record<string, unknown>>;
  /** Newest first. */
  readonly checkpoints: readonly RunCheckpoint[];
  /** How the numbers of `curves` are called. */
  readonly names: MetricNames;
  readonly curves: RunCurves;
  /** Count of lines of `metrics.jsonl` that cannot be read. */
  readonly damagedLines: number;
}

/**
 * Reads all of a run, which may be training at the same time; changes nothing.
 *
 * @param options.verify Reads every byte of the checkpoints and compares their hashes.
 */
export async function readRun(
  folder: string,
  { verify }: { readonly verify: boolean },
): Promise<RunDocument> {
  const files = runFiles(folder);
  const { records, damagedLines } = readMetrics(files.metrics);
  const summary = await summariseRun(folder);
  const names = readMetricNames(folder, summary.task);
  return {
    summary,
    config: readConfig(folder),
    configText: textOf(files.resolvedConfig),
    environment: readJson(files.environment),
    git: readJson(files.git),
    dataset: readJson(files.dataset),
    checkpoints: await checkpointsOf(files.checkpoints, verify),
    names,
    curves: curvesOf(records, names),
    damagedLines,
  };
}

async function checkpointsOf(checkpoints: string, verify: boolean): Promise<RunCheckpoint[]> {
  const found: RunCheckpoint[] = [];
  const pointer = (name: string) => textOf(path.join(checkpoints, name)).trim();
  for (const step of await stepsIn(checkpoints)) {
    const folder = path.join(checkpoints, folderOfStep(step));
    const names = {
      isLatest: pointer('latest') === folderOfStep(step),
      isBest: pointer('best') === folderOfStep(step),
    };
    try {
      const { score, files } = await (verify ? verifyCheckpoint : inspectCheckpoint)(folder);
      const bytes = Object.values(files).reduce((sum, file) => sum + file.bytes, 0);
      found.push({ step, score, bytes, ...names, state: verify ? 'verified' : 'whole', problem: null });
    } catch (error) {
      // Damaged, or of another format; if the folder is gone, the trainer has just deleted it.
      if (!isDamage(error) && !(error instanceof NucleateError)) throw error;
      if (existsSync(folder))
        found.push({ step, score: null, bytes: 0, ...names, state: 'damaged', problem: error.message });
    }
  }
  return found;
}

function textOf(file: string): string {
  try {
    return readPlainTextSync(file);
  } catch {
    return '';
  }
}
