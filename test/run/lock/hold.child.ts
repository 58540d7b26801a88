/** Locks the run folder FOLDER, prints that, and waits to be killed; with RELEASE it releases the lock and ends. */
import { writeSync } from 'node:fs';
import { lockRun } from '../../../src/run/lock/lock.js';

const [folder, release] = process.argv.slice(2);
const lock = lockRun(folder!, { force: false, onTakeover: (notice) => writeSync(2, notice) });
writeSync(1, `${process.pid}\n`);
if (release) lock.release();
else setInterval(() => {}, 1000);
