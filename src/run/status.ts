import { z } from 'zod';
import { readPlainTextSync } from '../plain-file.js';
import { replaceSynced, writeError } from './durable-files.js';
import { lockState } from './lock/lock.js';
import { runFiles } from './run-folder.js';

const RunStatus = z.strictObject({
  state: z.enum(['running', 'finished', 'interrupted', 'failed']),
  /** Exit code of the process; null while it runs. */
  exitCode: z.int().nullable(),
  /** Optimizer steps done. */
  step: z.int().min(0),
  best: z.strictObject({ step: z.int().min(0), score: z.number() }).nullable(),
  /** ISO 8601, UTC: when the run was created, and when this status was written. */
  started: z.string(),
  updated: z.string(),
  /** Why the run failed or was interrupted; null otherwise. */
  message: z.string().nullable(),
});

export type RunStatus = z.output<typeof RunStatus>;

/**
 * Replaces `status.json` in one atomic step.
 *
 * @throws {NucleateError} Exit code 8 if it cannot be written.
 */
export async function writeStatus(runFolder: string, status: RunStatus): Promise<void> {
  const { status: file } = runFiles(runFolder);
  await replaceSynced(file, `${JSON.stringify(status, null, 2)}\n`).catch((error: unknown) => {
    throw writeError(error, file);
  });
}

/** The status; `died` if it says `running` but the process is dead; null if there is none. */
export function readStatus(
  runFolder: string,
): (Omit<RunStatus, 'state'> & { readonly state: RunStatus['state'] | 'died' }) | null {
  let text: string;
  try {
    text = readPlainTextSync(runFiles(runFolder).status);
  } catch {
    return null;
  }
  const status = parse(text);
  if (status?.state !== 'running') return status;
  const owner = lockState(runFolder);
  return owner === 'running' || owner === 'elsewhere' ? status : { ...status, state: 'died' };
}

function parse(text: string): RunStatus | null {
  try {
    return RunStatus.parse(JSON.parse(text));
  } catch {
    return null;
  }
}
