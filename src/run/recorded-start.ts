import { z } from 'zod';
import { readPlainTextSync } from '../plain-file.js';
import { runFiles } from './run-folder.js';

const Environment = z.object({
  /** Threads of one operation on the CPU. */
  threads: z.int().positive().optional(),
  /** What the run took its weights from; null for random weights. Runs of older versions have no `init`. */
  init: z.object({ from: z.string(), allowPartial: z.boolean(), widen: z.boolean() }).nullable().optional(),
  initFrom: z.string().nullable().optional(),
});

const Dataset = z.object({ sha256: z.string(), split: z.object({ sha256: z.string() }) });

/** How a run began, for one that died before its first checkpoint and for its number of threads. */
export interface RecordedStart extends z.output<typeof Environment> {
  /** As in the manifest of a checkpoint; undefined if the record is missing or damaged. */
  readonly dataset: string | undefined;
}

/** Reads `env.json` and `dataset.json`; what they lack is undefined. */
export function recordedStart(runFolder: string): RecordedStart {
  const { environment, dataset } = runFiles(runFolder);
  const data = Dataset.safeParse(jsonOf(dataset)).data;
  return {
    ...Environment.safeParse(jsonOf(environment)).data,
    dataset: data && `${data.sha256}/${data.split.sha256}`,
  };
}

function jsonOf(file: string): unknown {
  try {
    return JSON.parse(readPlainTextSync(file));
  } catch {
    return undefined;
  }
}
