/**
 * Joins the challenge's images with others in one dataset of pairs, with splits: the others, whose cluster is `t`, are
 * trained on with every fold that validates.
 *
 *     npx tsx experiments/add-tissue.ts stage1_train_fixed.zip TISSUE OUT
 *
 * TISSUE is a folder of X.png and X_masks.png. OUT/data.prepared is the dataset, OUT/dsb2018.json and
 * OUT/dsb2018-clusters.json are its splits.
 */
import { mkdirSync, rmSync } from 'node:fs';
import path from 'node:path';
import { openDataset, readExamples } from '../src/data/read/dataset.js';
import { writeImage } from '../src/data/image/image-io.js';
import { writeLabelImage } from '../src/data/image/label-io.js';
import { prepareDataset } from '../src/data/read/prepared-layout.js';
import { readSplit, writeSplit } from '../src/data/split/split-file.js';

const [dataPath, tissuePath, out] = process.argv.slice(2);
if (dataPath === undefined || tissuePath === undefined || out === undefined)
  throw new Error('Usage: add-tissue.ts <dataset> <tissue> <folder>');
const pairs = path.join(out, 'pairs');
mkdirSync(pairs, { recursive: true });
const others: string[] = [];
for (const source of [dataPath, tissuePath]) {
  const dataset = await openDataset(source);
  for await (const { id, image, labelImage } of readExamples(dataset)) {
    await writeImage(path.join(pairs, `${id}.png`), image);
    await writeLabelImage(path.join(pairs, `${id}_masks.png`), labelImage);
    if (source === tissuePath) others.push(id);
  }
  await dataset.close();
}
const joined = await openDataset(pairs);
const prepared = path.join(out, 'data.prepared');
await prepareDataset(joined, prepared);
const identity = await joined.identity();
await joined.close();
rmSync(pairs, { recursive: true });
for (const name of ['dsb2018.json', 'dsb2018-clusters.json']) {
  const split = await readSplit(`configs/splits/${name}`);
  const groups = Math.max(...Object.values(split.images).map(({ group }) => group)) + 1;
  // A fold of their own, which never validates.
  const added = others.map((id, index) => [id, { fold: split.folds, group: groups + index, cluster: 't' }]);
  await writeSplit(path.join(out, name), {
    ...{ ...split, dataset: identity, folds: split.folds + 1 },
    images: { ...split.images, ...(Object.fromEntries(added) as typeof split.images) },
  });
}
