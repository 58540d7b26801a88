/** All that `data export` writes of masks is read back, with what has been reviewed: as a dataset, as truth and as a target. */
import { cpSync, mkdirSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { encodePng } from '../../../src/data/image/image-io.js';
import { openDataset } from '../../../src/data/read/dataset.js';
import { scoreSources } from '../../../src/eval/score-sources.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { exportDataset } from '../../../src/predict/export-dataset.js';
import type { OutputFormat } from '../../../src/predict/formats/output-formats.js';
import { writeFolder } from '../../data/write-dataset.js';
import { temporaryFolder } from './temporary-folder.js';

const size = { width: 48, height: 40 };

/** Squares of 6 px in two images of one name in two folders, one with a part that nobody has reviewed. */
async function dataset(path: string): Promise<void> {
  const grey = (valueOf: (x: number, y: number) => number) =>
    encodePng({
      ...{ ...size, channels: 1 },
      data: Uint8Array.from({ length: size.width * size.height }, (_, at) =>
        valueOf(at % size.width, Math.floor(at / size.width)),
      ),
    });
  const squares = (side: number) =>
    grey((x, y) => (x % 12 < side && y % 10 < 6 ? 1 + Math.floor(x / 12) + 4 * Math.floor(y / 10) : 0));
  writeFolder(path, {
    'day1/cells.png': await grey((x, y) => (x * 7 + y * 3) % 251),
    'day1/cells_masks.png': await squares(6),
    'day1/cells_ignore.png': await grey((x, y) => (x > 30 && y > 5 ? 255 : 0)),
    'day2/cells.png': await grey((x, y) => (x * 5 + y * 11) % 249),
    'day2/cells_masks.png': await squares(5),
  });
}

const formats = [
  'labels',
  'run-length',
  'coco',
  'coco-polygons',
  'geojson',
  'imagej',
] as const satisfies readonly OutputFormat[];

test.each(formats)('%s', async (format) => {
  const folder = temporaryFolder();
  const [data, out, beside] = ['data', 'out', 'beside'].map((name) => join(folder.path, name)) as [
    ...[string, string, string],
  ];
  await dataset(data);
  const source = await openDataset(data);
  await exportDataset(source, out, [format]);
  await source.close();
  const images = join(folder.path, 'images');
  for (const day of ['day1', 'day2']) {
    mkdirSync(join(images, day), { recursive: true });
    cpSync(join(data, day, 'cells.png'), join(images, day, 'cells.png'));
  }
  const truth = await openTruth(data);
  const read = await openTruth(images, { labels: join(out, format) });
  expect(read.ids).toEqual(truth.ids);
  for (const id of truth.ids) expect(await read.read(id)).toEqual(await truth.read(id));

  // Without the images, and beside them.
  cpSync(images, beside, { recursive: true });
  cpSync(join(out, format), format === 'labels' ? join(beside, 'masks') : join(beside, format), {
    recursive: true,
  });
  const targets = [await openPrediction(join(out, format))];
  // Label images are named after the whole paths of their images, and beside images that is another name.
  if (format !== 'labels') targets.push(await openPrediction(beside));
  const { targets: scored } = await scoreSources(truth, targets);
  expect(scored.map(({ evaluation }) => evaluation.score)).toEqual(targets.map(() => 1));
  for (const open of [read, truth, ...targets]) await open.close();
  expect(readdirSync(join(out, format)).some((name) => name.endsWith('_ignore.png'))).toBe(
    format !== 'geojson',
  );
});
