/**
 * Makes a model whose detector has the mean of the weights of two detectors, of which one began from the other or both from a third:
 * what fine-tuning has learnt, and what it has forgotten, half each (Wortsman and others, arXiv 2109.01903). The segmenter,
 * and all else, is that of the second model.
 *
 *     npx tsx experiments/average-models.ts MODEL MODEL OUT [SHARE] [SETTINGS.json]
 *
 * SHARE is that of the first model; default: 0.5. SETTINGS.json has `assemble`, keys that change, and `tuned`, how they were chosen.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { ModelFile } from '../src/config/model-file.js';
import { meanWeights } from '../src/model/mean-weights.js';
import { modelCard } from '../src/model/model-card.js';
import { readModelFolder, writeModelFolder } from '../src/model/model-folder.js';

const [first, second, out, share = '0.5', settings] = process.argv.slice(2);
if (first === undefined || second === undefined || out === undefined)
  throw new Error('Usage: average-models.ts <model> <model> <out> [share]');
const { assemble, tuned } = (
  settings === undefined ? {} : JSON.parse(readFileSync(settings, 'utf8'))
) as Partial<Pick<ModelFile, 'assemble' | 'tuned'>>;
const [one, other] = [await readModelFolder(first), await readModelFolder(second)];
const part = Number(share);
const detector = meanWeights(one.detector, other.detector, part);
const { origin } = other.file.detector;
const [mine, theirs] = [one.file.detector.origin, origin].map(({ history }) => history!);
/** Of the same images once; where one network has learnt from more of them, those. */
const datasets = [...mine!.datasets, ...theirs!.datasets].filter(
  (dataset, at, all) =>
    !all.some(
      (same, index) =>
        same.sha256 === dataset.sha256 &&
        (same.images > dataset.images || (same.images === dataset.images && index < at)),
    ),
);
const file = {
  ...other.file,
  assemble: { ...other.file.assemble, ...assemble },
  tuned: tuned ?? other.file.tuned,
  name: path.basename(out),
  created: new Date().toISOString(),
  detector: {
    ...other.file.detector,
    // Nobody has validated the mean.
    origin: {
      ...origin,
      ...{ run: `${part} of ${one.file.detector.origin.run}, ${1 - part} of ${origin.run}`, score: null },
      history: {
        ...theirs!,
        datasets,
        ancestors: [...mine!.ancestors, ...theirs!.ancestors],
        fingerprints: Buffer.concat(
          [mine!, theirs!].map(({ fingerprints }) => Buffer.from(fingerprints, 'base64')),
        ).toString('base64'),
      },
    },
  },
};
await writeModelFolder(out, { file, detector, segmenter: other.segmenter }, modelCard(file));
