/**
 * Trains the tiny task in a folder, or goes on with what is there.
 *
 * Arguments: FOLDER CHANGES [KILL_AT_WRITE]. CHANGES is JSON for `tinyConfig`, with `mode` beside it. KILL_AT_WRITE
 * counts the writes of checkpoints, from 1, after which the process kills itself. Prints each event as a line of JSON.
 */
import { existsSync, writeSync } from 'node:fs';
import { startRuntime } from '../../src/engine/runtime.js';
import { runFiles } from '../../src/train/run/run-folder.js';
import { trainRun } from '../../src/train/train-run.js';
import { createTinyTask, tinyConfig, type TinyChanges } from './tiny-task.js';

const [folder, json = '{}', killAt = '0'] = process.argv.slice(2) as [string, string?, string?];
const config = tinyConfig(JSON.parse(json) as TinyChanges);
let writes = 0;
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => stop.abort(signal));
try {
  const runtime = await startRuntime('cpu');
  await trainRun({
    config,
    createTask: createTinyTask,
    place: existsSync(runFiles(folder).config)
      ? { kind: 'resume', folder, forceUnlock: false, resolvedText: json }
      : { kind: 'new', folder, configText: json, resolvedText: json },
    runtime,
    mode: 'compiled',
    stop: stop.signal,
    onEvent: (event) => void writeSync(1, `${JSON.stringify(event)}\n`),
    afterWrite: () => {
      if (++writes === Number(killAt)) process.kill(process.pid, 'SIGKILL');
    },
  });
} catch (error) {
  const { exitCode, message } = error as { exitCode?: number; message: string };
  writeSync(2, `${exitCode === undefined ? (error as Error).stack : message}\n`);
  process.exitCode = exitCode ?? 1;
}
process.exit();
