/**
 * The challenge score of a model on fold 0 if its candidates were chosen by the truth: an upper limit for better scores of
 * candidates without better masks.
 *
 *     npx tsx experiments/ceilings.ts experiments/nucleate-small-twin stage1_train_fixed.zip
 */
import type { LabelImage } from '../src/data/geometry/label-image.js';
import { startRuntime } from '../src/engine/runtime.js';
import { buildModel } from '../src/model/model.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { collectCandidates } from '../src/model/tune-model.js';
import { type CandidateMask, maskOf, rowStart } from '../src/predict/assemble/candidate-mask.js';
import type { PastedCandidate } from '../src/predict/assemble/candidate.js';
import { scoreSettings } from '../src/predict/tune-settings.js';
import { readTrainingData } from '../src/data/loader/training-data.js';

const [folder, dataPath] = process.argv.slice(2);
if (folder === undefined || dataPath === undefined) throw new Error('Usage: ceilings.ts <model> <dataset>');

const stored = await readModelFolder(folder);
const { config } = stored.file.detector;
const split = 'configs/splits/dsb2018.json';
const source = { ...config.data, path: dataPath, split, validationFold: 0 };
const { validation } = await readTrainingData(source, { seed: config.seed });
await startRuntime('auto');
const model = buildModel(stored);
const images = await collectCandidates(model, validation, () => 0);
model.dispose();

const settings = stored.file.assemble;
const all = { ...settings, scoreThreshold: 0 };
const judged = images.map((image) => {
  const areas = new Map<number, number>();
  for (const label of image.truth.labels) areas.set(label, (areas.get(label) ?? 0) + 1);
  const candidates = image.pasted.map((candidate) => {
    const mask = maskOf(candidate, all);
    return { candidate, iou: mask ? bestIou(mask, image.truth, areas) : 0 };
  });
  return { image, candidates };
});
const choose = (
  pick: (candidate: PastedCandidate, iou: number) => PastedCandidate | undefined,
  chosen = settings,
) =>
  scoreSettings(
    judged.map(({ image, candidates }) => ({
      ...image,
      pasted: candidates.flatMap(({ candidate, iou }) => pick(candidate, iou) ?? []),
    })),
    chosen,
  ).toFixed(4);
const rows = {
  unchanged: choose((candidate) => candidate),
  'without its false positives': choose((candidate, iou) => (iou > 0.5 ? candidate : undefined)),
  'all correct candidates, by their own scores': choose(
    (candidate, iou) => (iou > 0.5 ? candidate : undefined),
    all,
  ),
  'all, by the true IoU of their masks': choose((candidate, iou) => ({ ...candidate, score: iou }), {
    ...all,
    scoreThreshold: 0.5,
  }),
};
process.stdout.write(
  Object.entries(rows)
    .map(([name, score]) => `${name.padEnd(38)}${score}\n`)
    .join(''),
);

/** The highest IoU of the mask with a nucleus. */
function bestIou(
  mask: CandidateMask,
  { labels, width }: LabelImage,
  areas: ReadonlyMap<number, number>,
): number {
  const overlaps = new Map<number, number>();
  for (let y = mask.box.y1; y < mask.box.y2; y++) {
    for (let x = mask.box.x1; x < mask.box.x2; x++) {
      const label = labels[y * width + x]!;
      if (label === 0 || mask.values[rowStart(mask, y) + x] === 0) continue;
      overlaps.set(label, (overlaps.get(label) ?? 0) + 1);
    }
  }
  const ious = [...overlaps].map(([label, count]) => count / (mask.area + areas.get(label)! - count));
  return Math.max(0, ...ious);
}
