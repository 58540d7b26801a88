/** Tables as other programs write them (copies of ../shared/field/tables): each is scored 1 against its truth. */
import { cpSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { scoreSources } from '../../../src/eval/score-sources.js';
import { openPrediction, openTruth } from '../../../src/eval/sources/open.js';
import { dataErrorOf } from '../../data/expect-error.js';
import { temporaryFolder } from './temporary-folder.js';

const tables = join(import.meta.dirname, '../../fixtures/field-tables');

test.each([
  ['coco-crowd.json', 'coco-truth', [{ what: 'crowd regions', count: 1 }]],
  ['coco-polygons.json', 'coco-truth', []],
  ['coco-results_list.json', 'coco-truth', []],
  ['rle-minus1.csv', 'rle-truth', []],
])('%s is scored 1', async (table, truth, leftOut) => {
  const { targets } = await scoreSources(await openTruth(join(tables, truth)), [
    await openPrediction(join(tables, table)),
  ]);
  expect(targets[0]!.evaluation.score).toBe(1);
  expect(targets[0]!.leftOut).toEqual(leftOut);
});

test('a results list alone has no names of images, which the error says', async () => {
  const folder = temporaryFolder();
  cpSync(join(tables, 'coco-results_list.json'), join(folder.path, 'r.json'));
  expect((await dataErrorOf(openPrediction(join(folder.path, 'r.json')))).what).toBe(
    'A results list has only numbers of images, not their names.',
  );
});
