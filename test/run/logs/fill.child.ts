/** Logs 200 records of 3 kB to FOLDER, a disk of 64 kB, which twice fills up and is freed half way. Prints troubles. */
import { rmSync, writeFileSync, writeSync } from 'node:fs';
import path from 'node:path';
import { AppendLog } from '../../../src/run/logs/append-log.js';

const folder = process.argv[2]!;
const ballast = path.join(folder, 'ballast');
const log = new AppendLog(path.join(folder, 'a.log'), {
  onTrouble: (sentence) => writeSync(1, `${sentence}\n`),
});

let record = 100;
const append = (count: number) => {
  for (let end = record + count; record < end; record++) log.append(`${record} ${'x'.repeat(3000)}\n`);
};
for (const { ballastBytes, before, after } of [
  { ballastBytes: 40_000, before: 96, after: 3 },
  { ballastBytes: 20_000, before: 97, after: 4 },
]) {
  writeFileSync(ballast, new Uint8Array(ballastBytes));
  append(before);
  rmSync(ballast);
  append(after);
}
log.close();
