/**
 * Tells a model that was trained with experiments/add-tissue.ts what it has learnt from: the joined dataset has lost its sources,
 * and weights that were kept as files their ancestors.
 *
 *     npx tsx experiments/tell-history.ts MODEL
 */
import type { Ancestor, TrainedDataset } from '../src/config/history.js';
import { modelCard } from '../src/model/model-card.js';
import { readModelFolder, replaceModelFile } from '../src/model/model-folder.js';

const [folder] = process.argv.slice(2);
if (folder === undefined) throw new Error('Usage: tell-history.ts <model>');

/** Folds 1 to 4. */
const challenge: TrainedDataset = {
  name: '2018 Data Science Bowl, stage 1 training images (BBBC038) with corrected masks',
  sha256: 'fac35066c30f3155707787a94d6a5a39fdd09deb817364b2fcd590d202349c75',
  ...{ images: 532, nuclei: 23_445, annotators: [], licence: 'CC0-1.0' },
};
const both = (joined: string): TrainedDataset[] => [
  challenge,
  {
    name: 'NuInsSeg, 182 patches of human and mouse organs (A. Mahbod and others, Scientific Data 2024, s41597-024-03117-2), touching nuclei split again; joined with the above',
    sha256: joined,
    ...{ images: 182, nuclei: 8410, annotators: [], licence: 'CC BY 4.0' },
  },
];
const of = (name: string, step: number, datasets: TrainedDataset[]): Ancestor => ({ name, step, datasets });

const { file } = await readModelFolder(folder);
const [first] = file.detector.origin.dataset.split('/');
const learnt = both(first!);
const told = <Network extends typeof file.detector | typeof file.segmenter>(
  network: Network,
  ancestors: Ancestor[],
): Network => {
  const { history } = network.origin;
  if (!history) throw new Error('Expected a history');
  const found = history.datasets[0]!;
  if (found.images !== 714 || found.nuclei !== 23_445 + 8410)
    throw new Error(`Other images: ${JSON.stringify(found)}`);
  return { ...network, origin: { ...network.origin, history: { ...history, datasets: learnt, ancestors } } };
};
const named = {
  ...file,
  detector: told(file.detector, [
    of('detector-small-20261122-184917', 8000, [challenge]),
    of('det-a', 3600, [challenge]),
    of('frozen-1', 500, [challenge]),
    of('det-twin', 3000, [challenge]),
    of('det-twin2', 3000, [challenge]),
    of('tissue-d', 600, learnt),
  ]),
  segmenter: told(file.segmenter, [
    {
      name: 'VGG16 of ImageNet (K. Simonyan and A. Zisserman, CC BY), fitted to half its width',
      step: null,
      datasets: [],
    },
    of('img-half', 1500, [challenge]),
    of('tissue-s', 800, learnt),
  ]),
};
await replaceModelFile(folder, named, modelCard(named));
