import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parse } from 'yaml';
import { folderOfStep, stepsIn } from './checkpoints/folders.js';
import { stateFile } from './checkpoints/manifest.js';
import { TrainingState } from './checkpoints/state.js';
import { runFiles } from './run-folder.js';
import { readStatus, type RunStatus } from './status.js';
import { recordOf, valueOfKey } from './dotted-keys.js';

/** A run at a glance. What cannot be read, since a file is missing or damaged, is null. */
export interface RunSummary {
  readonly folder: string;
  /** `detector`, `segmenter`. */
  readonly task: string | null;
  /** `died`: the process of a running one is gone; `unknown`: nobody can tell. */
  readonly state: RunStatus['state'] | 'died' | 'unknown';
  /** Why it has failed or was interrupted. */
  readonly message: string | null;
  /** Optimizer steps done, a few seconds ago; and of its budget, 0 for no limit. */
  readonly step: number;
  readonly steps: number;
  readonly best: RunStatus['best'];
  /** Path of its dataset. */
  readonly data: string | null;
  /** ISO 8601, UTC. */
  readonly started: string | null;
  readonly updated: string | null;
  /** Seconds trained, over all its processes, up to its newest checkpoint. */
  readonly seconds: number | null;
  /** Of all its files. */
  readonly bytes: number;
}

/** Reads a run, which may go on meanwhile; changes nothing. */
export async function summariseRun(folder: string): Promise<RunSummary> {
  const status = statusOf(folder);
  const config = readConfig(folder);
  const steps = valueOfKey(config, 'budget.steps');
  return {
    folder,
    task: textOrNull(config['task']),
    state: status?.state ?? 'unknown',
    message: status?.message ?? null,
    step: status?.step ?? 0,
    steps: typeof steps === 'number' ? steps : 0,
    best: status?.best ?? null,
    data: textOrNull(readJson(runFiles(folder).dataset)['path']),
    started: status?.started ?? null,
    updated: status?.updated ?? null,
    seconds: await secondsOf(folder),
    bytes: bytesOf(folder),
  };
}

/** The resolved config as plain values; empty if it cannot be read. */
export function readConfig(folder: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(parse(readFileSync(runFiles(folder).resolvedConfig, 'utf8')));
  } catch {
    return {};
  }
}

/** A JSON file of a run; empty if it cannot be read. */
export function readJson(file: string): Readonly<Record<string, unknown>> {
  try {
    return recordOf(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return {};
  }
}

const textOrNull = (value: unknown) => (typeof value === 'string' && value !== '' ? value : null);

function statusOf(folder: string) {
  try {
    return readStatus(folder);
  } catch {
    // A lock that is none of ours.
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

/** Of all files below, as long as they are; links count as such. */
function bytesOf(folder: string): number {
  let bytes = 0;
  try {
    for (const name of readdirSync(folder)) {
      const below = path.join(folder, name);
      const facts = lstatSync(below, { throwIfNoEntry: false });
      bytes += facts?.isDirectory() ? bytesOf(below) : (facts?.size ?? 0);
    }
  } catch {
    // Deleted meanwhile: the trainer prunes old checkpoints.
  }
  return bytes;
}
