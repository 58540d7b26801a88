/**
 * Continues a run: loads the newest checkpoint and saves the checkpoints of the steps up to LAST.
 *
 * Arguments: FOLDER LAST KILL_AT SIZE. KILL_AT counts the writes, from 1, after which the process kills itself; 0 is never.
 * Prints the step it continues from, and each step that is saved, one per line.
 */
import { writeSync } from 'node:fs';
import { prepareCheckpoints } from '../../../src/run/checkpoints/keep.js';
import { loadNewestCheckpoint } from '../../../src/run/checkpoints/read.js';
import { contentOf, save } from './content.js';

const folder = process.argv[2]!;
const [last, killAt, size] = process.argv.slice(3).map(Number) as [number, number, number];

let writes = 0;
const afterWrite = () => {
  if (++writes === killAt) process.kill(process.pid, 'SIGKILL');
};

const first = await loadNewestCheckpoint(folder, () => {}).then(
  ({ state }) => state.step,
  () => 0,
);
await prepareCheckpoints(folder, first);
writeSync(1, `${first}\n`);
try {
  for (let step = first + 1; step <= last; step++) {
    // The best is neither the newest nor always the same, so that deleting has to choose.
    await save(folder, contentOf(step, step % 3 === 1 ? step : null, size), { afterWrite });
    writeSync(1, `${step}\n`);
  }
} catch (error) {
  const { exitCode, message } = error as { exitCode?: number; message: string };
  writeSync(2, message);
  process.exitCode = exitCode ?? 1;
}
