import { expect, test } from 'vitest';
import type { Split } from '../../src/data/split/split.js';
import { scoreSources } from '../../src/eval/score-sources.js';
import { selectFold, selectWithGroups } from '../../src/eval/selection.js';
import { pixelHashOf } from '../../src/data/image/pixel-hash.js';
import { dataErrorOf } from '../data/expect-error.js';
import { drawing } from '../reference/draw.js';
import { predictionOf, truthOf } from '../report/scored.js';

const one = drawing('11..');
const truth = truthOf('t', { a: one, b: one, c: one });
const image = (fold: number, group: number) => ({ fold, group, cluster: `k${group}` });
const split: Split = {
  dataset: 'same',
  seed: 1,
  folds: 3,
  images: { a: image(0, 5), b: image(1, 5), c: image(1, 6), elsewhere: image(0, 7) },
};
const choice = { path: 's.json', split, sha256: 'same' };

test('a fold, with clusters and groups from the split', async () => {
  const { ids, clusters, groups } = await selectFold(truth, { ...choice, fold: 1 });
  expect(ids).toEqual(['b', 'c']);
  expect(clusters!.get('b')).toBe('k5');
  expect([groups!.get('b'), groups!.get('c')]).toEqual(['5', '6']);
  expect((await selectFold(truth, choice)).ids).toEqual(['a', 'b', 'c']);
});

test('an empty fold, a split of other data, and a split that lacks an image are errors', async () => {
  const of = (changes: object) => dataErrorOf(selectFold(truth, { ...choice, ...changes }));
  expect((await of({ fold: 2 })).what).toBe('No image is in fold 2.');
  expect((await of({ sha256: 'other' })).problems[0]!.what).toBe(
    'The split was made for another dataset: same; this dataset is other.',
  );
  expect((await selectFold(truth, { ...choice, sha256: null })).ids).toHaveLength(3);
  const { images } = split;
  const lacking = await of({ split: { ...split, images: { a: images['a'], b: images['b'] } } });
  expect(lacking.problems).toMatchObject([{ what: 'The split lacks the image c.' }]);
});

test('images of other data than was split are found by their pixels', async () => {
  const grey = (value: number) => ({ width: 1, height: 1, channels: 1 as const, data: Uint8Array.of(value) });
  const values: Record<string, number> = { a: 1, b: 2, c: 3 };
  const withImages = { ...truth, readImage: (id: string) => Promise.resolve(grey(values[id]!)) };
  const hashed = (value: number, fold: number) => ({
    ...image(fold, fold),
    pixels: pixelHashOf(grey(value)),
  });
  const renamed = { ...split, images: { p: hashed(1, 0), q: hashed(2, 1), r: hashed(3, 1) } };
  const of = { ...choice, split: renamed, sha256: 'other', fold: 1 };
  expect((await selectFold(withImages, of)).ids).toEqual(['b', 'c']);
  values['c'] = 4;
  expect((await dataErrorOf(selectFold(withImages, of))).problems).toMatchObject([
    { what: 'The split lacks the image c.' },
  ]);
  // A truth of label images alone cannot be compared.
  expect((await dataErrorOf(selectFold(truth, of))).problems).toHaveLength(1);
});

test('only selected images need a prediction; others may have one', async () => {
  const selection = await selectFold(truth, { ...choice, fold: 1 });
  const score = (images: Parameters<typeof predictionOf>[1]) =>
    scoreSources(truth, [predictionOf('p', images)], { selection });
  const { targets } = await score({ a: drawing('1...'), b: one, c: one });
  expect(targets[0]!.evaluation).toMatchObject({ imageCount: 2, score: 1 });
  expect(targets[0]!.evaluation.clusters.map(({ cluster }) => cluster)).toEqual(['k5', 'k6']);
  expect((await dataErrorOf(score({ b: one }))).problems).toMatchObject([
    { what: 'The image c has no prediction.' },
  ]);
  expect((await dataErrorOf(score({ b: one, c: one, d: one }))).problems).toMatchObject([
    { what: 'There is a prediction for d, which is not in the data.' },
  ]);
});

test('a table gives clusters, and groups if it has mosaics', () => {
  const withMosaics = selectWithGroups(truth, new Map([['a', { cluster: 'f', mosaic: '1' }]]));
  expect(withMosaics.clusters).toEqual(new Map([['a', 'f']]));
  expect(withMosaics.groups).toEqual(new Map([['a', '1']]));
  expect(selectWithGroups(truth, new Map([['a', { cluster: 'f' }]])).groups).toBeUndefined();
});
