/**
 * Trains the tiny task in a folder, or continues the run there, as `nucleate train` does.
 *
 * Arguments: FOLDER CHANGES AT SIGNAL, and global options. CHANGES is JSON for `tinyConfig`. AT counts the writes of
 * checkpoints, from 1, after which the process sends itself SIGNAL; 0 is never.
 */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { readGlobalOptions } from '../../src/cli/global-options.js';
import { reportError } from '../../src/cli/report-error.js';
import { flushStreams, surviveClosedStreams } from '../../src/cli/streams.js';
import { Terminal } from '../../src/cli/terminal.js';
import { runTraining } from '../../src/cli/train/run-training.js';
import { startRuntime } from '../../src/engine/runtime.js';
import { recordedStart } from '../../src/run/recorded-start.js';
import { runFiles } from '../../src/run/run-folder.js';
import { createTinyTask, tinyConfig, type TinyChanges } from './tiny-task.js';

const [folder, json, at, signal, ...flags] = process.argv.slice(2) as [string, string, string, string];
const options = readGlobalOptions(flags);
const terminal = new Terminal(options);
surviveClosedStreams();
let writes = 0;
try {
  // A process that died while it wrote the records of the run has left no run: it begins again.
  const isResumed = existsSync(runFiles(folder).config) && !existsSync(path.join(folder, '.starting'));
  const runtime = await startRuntime('cpu', isResumed ? recordedStart(folder).threads : undefined);
  await runTraining(terminal, {
    config: tinyConfig(JSON.parse(json) as TinyChanges),
    createTask: createTinyTask,
    place: isResumed
      ? { kind: 'resume', folder, forceUnlock: false, resolvedText: json }
      : { kind: 'new', folder, configText: json, resolvedText: json },
    runtime,
    mode: 'compiled',
    afterWrite: () => {
      if (++writes === Number(at)) process.kill(process.pid, signal);
    },
  });
} catch (error) {
  terminal.endProgress();
  process.exitCode = reportError(error, options);
}
await flushStreams();
process.exit();
