import { lstatSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { readPlainTextSync } from '../plain-file.js';
import { migrateConfig } from '../config/migrations.js';
import { folderOfStep, stepsIn } from './checkpoints/folders.js';
import { stateFile } from './checkpoints/manifest.js';
import { TrainingState } from './checkpoints/state.js';
import { readMetricNames } from './metric-names.js';
import { runFiles } from './run-folder.js';
import { readStatus, type RunStatus } from './status.js';
import { recordOf, valueOfKey } from './dotted-keys.js';

/** A run at a glance. What cannot be read, because a file is missing or damaged, is null. */
export interface RunSummary {
  readonly folder: string;
  /** `detector`, `segmenter`. */
  readonly task: string | null;
  /** `died`: its status is `running`, but the process is gone; `unknown`: there is no readable status. */
  readonly state: RunStatus['state'] | 'died' | 'unknown';
  /** Why it failed or was interrupted. */
  readonly message: string | null;
  /** Optimizer steps done, as of `updated`; and steps of its budget, 0 for no limit. */
  readonly step: number;
  readonly steps: number;
  readonly best: RunStatus['best'];
  /** What the score of `best` measures, such as `box AP`. */
  readonly scoreName: string;
  /** Path of the dataset. */
  readonly data: string | null;
  /** ISO 8601, UTC. */
  readonly started: string | null;
  readonly updated: string | null;
  /** Seconds trained, over all processes of the run, up to its newest checkpoint. */
  readonly seconds: number | null;
  /** Size of all its files. */
  readonly bytes: number;
}

/** Reads a run, which may be training at the same time; changes nothing. */
export async function summariseRun(folder: string): Promise<RunSummary> {
  const status = statusOf(folder);
  const config = readConfig(folder);
  const steps = valueOfKey(config, 'budget.steps');
  const task = textOrNull(config['task']);
  return {
    folder,
    task,
    state: status?.state ?? 'unknown',
    message: status?.message ?? null,
    step: status?.step ?? 0,
    steps: typeof steps === 'number' ? steps : 0,
    best: status?.best ?? null,
    scoreName: readMetricNames(folder, task).scoreName,
    data: textOrNull(readJson(runFiles(folder).dataset)['path']),
    started: status?.started ?? null,
    updated: status?.updated ?? null,
    seconds: await secondsOf(folder),
    bytes: bytesOf(folder),
  };
}

/** The resolved config as plain values, in today's keys; empty if it cannot be read. */
export function readConfig(folder: string): Readonly<Record<string, unknown>> {
  try {
    const written: unknown = parse(readPlainTextSync(runFiles(folder).resolvedConfig));
    // The file has no format number; its old keys are known by their names.
    return recordOf(migrateConfig(written, 1));
  } catch {
    return {};
  }
}

/** A JSON file of a run; empty if it cannot be read. */
export function readJson(file: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(readPlainTextSync(file)));
  } catch {
    return {};
  }
}

const textOrNull = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

function statusOf(folder: string) {
  try {
    return readStatus(folder);
  } catch {
    // A damaged lock.
    return null;
  }
}

async function secondsOf(folder: string): Promise<number | null> {
  const { checkpoints } = runFiles(folder);
  for (const step of await stepsIn(checkpoints).catch(() => [])) {
    const state = TrainingState.safeParse(readJson(path.join(checkpoints, folderOfStep(step), stateFile)));
    if (state.success) return state.data.seconds;
  }
  return null;
}

/** Size of all files below; links are not followed. */
function bytesOf(folder: string): number {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder)) {
      const below = path.join(folder, name);
      const facts = lstatSync(below, { throwIfNoEntry: false });
      bytes += facts?.isDirectory() ? bytesOf(below) : (facts?.size ?? 0);
    }
  } catch {
    // Deleted in the meantime: the trainer deletes old checkpoints.
  }
  return bytes;
}
