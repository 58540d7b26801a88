import { linkSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, test } from 'vitest';
import { scoreSources } from '../../src/eval/score-sources.js';
import { openPrediction, openTruth } from '../../src/eval/sources/open.js';
import { temporaryFolder } from './sources/temporary-folder.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

/** Bytes of typed arrays and buffers that are still in use. */
function liveBytes(): number {
  // The second collection waits for what the first one frees in the background.
  collectGarbage();
  collectGarbage();
  return process.memoryUsage().arrayBuffers;
}

test('only the label images of a few images are in memory, however many there are', async () => {
  const side = 512;
  const count = 60;
  const folder = temporaryFolder();
  // Squares of 24 px, 32 px apart, 256 of them.
  const labels = Uint16Array.from({ length: side * side }, (_, pixel) => {
    const [x, y] = [pixel % side, Math.floor(pixel / side)];
    return x % 32 < 24 && y % 32 < 24 ? 1 + (x >> 5) + 16 * (y >> 5) : 0;
  });
  await folder.labels('first.png', { width: side, height: side, labels });
  for (const name of ['truth', 'one', 'other']) {
    mkdirSync(join(folder.path, name));
    for (let image = 0; image < count; image++) {
      linkSync(join(folder.path, 'first.png'), join(folder.path, name, `${image}.png`));
    }
  }
  const [truth, ...predictions] = [
    await openTruth(join(folder.path, 'truth')),
    await openPrediction(join(folder.path, 'one')),
    await openPrediction(join(folder.path, 'other')),
  ] as const;
  const before = liveBytes();
  let most = 0;
  const { targets } = await scoreSources(truth, predictions, {
    onImage: (done) => {
      if (done % 10 === 0) most = Math.max(most, liveBytes() - before);
    },
  });
  expect(targets.map(({ evaluation }) => evaluation.score)).toEqual([1, 1]);
  // One image is scored while three are read, each with three label images, of which one may exist twice, decoded and
  // copied: 4 * 4/3.
  const bytesOfImage = 3 * labels.byteLength;
  expect(most / bytesOfImage).toBeGreaterThan(0.9);
  expect(most / bytesOfImage).toBeLessThan(5.4);
});
