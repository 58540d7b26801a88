/**
 * Locks several run folders, each at the same time as other processes, and holds what it has got until all are done.
 *
 * Arguments: FOLDER ROUNDS PROCESSES. Prints the rounds that it has won, a line each.
 */
import { mkdirSync, readdirSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { NucleateError } from '../../../src/errors.js';
import { lockRun } from '../../../src/run/lock/lock.js';

const folder = process.argv[2]!;
const [rounds, processes] = process.argv.slice(3).map(Number) as [number, number];

/** Waits until all processes are here. */
function meet(name: string): void {
  const place = path.join(folder, name);
  mkdirSync(place, { recursive: true });
  writeFileSync(path.join(place, String(process.pid)), '');
  const pause = new Int32Array(new SharedArrayBuffer(4));
  while (readdirSync(place).length < processes) Atomics.wait(pause, 0, 0, 5);
}

for (let round = 0; round < rounds; round++) {
  meet(`start-${round}`);
  try {
    lockRun(path.join(folder, `run-${round}`), { force: false, onTakeover: () => {} });
    writeSync(1, `${round}\n`);
  } catch (error) {
    if (!(error instanceof NucleateError) || error.exitCode !== 7) throw error;
  }
}
meet('end');
