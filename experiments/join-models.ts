/**
 * Makes a model of the detector of one model and the segmenter of another; the settings, and all else, are those of the first.
 *
 *     npx tsx experiments/join-models.ts DETECTOR_OF SEGMENTER_OF OUT [SETTINGS.json]
 *
 * SETTINGS.json may have `tuned`, how the settings do with this segmenter, and `learnt`, the datasets that it was trained on: one that
 * was joined has lost its sources.
 */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { TrainedDataset } from '../src/config/history.js';
import type { ModelFile } from '../src/config/model-file.js';
import { modelCard } from '../src/model/model-card.js';
import { readModelFolder, writeModelFolder } from '../src/model/model-folder.js';

const [first, second, out, settings] = process.argv.slice(2);
if (first === undefined || second === undefined || out === undefined)
  throw new Error('Usage: join-models.ts <model with the detector> <model with the segmenter> <out>');
const [one, other] = [await readModelFolder(first), await readModelFolder(second)];
const { tuned = one.file.tuned, learnt } = (
  settings === undefined ? {} : JSON.parse(readFileSync(settings, 'utf8'))
) as { readonly tuned?: ModelFile['tuned']; readonly learnt?: TrainedDataset[] };
const { segmenter } = other.file;
const { history } = segmenter.origin;
if (!history) throw new Error('Expected a history');
const file = {
  ...one.file,
  tuned,
  name: path.basename(out),
  created: new Date().toISOString(),
  segmenter: {
    ...segmenter,
    origin: { ...segmenter.origin, history: { ...history, datasets: learnt ?? history.datasets } },
  },
};
await writeModelFolder(out, { file, detector: one.detector, segmenter: other.segmenter }, modelCard(file));
