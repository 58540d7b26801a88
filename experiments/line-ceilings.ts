/**
 * What lines of experiments/generalise.ts would score if one who knows the truth chose among the candidates: how much
 * better scores, more candidates and better masks could each bring.
 *
 *     LINES=FOLDER npx tsx experiments/line-ceilings.ts LINE... --settings-of MODEL
 */
import { startRuntime } from '../src/engine/runtime.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { maskOf, rowStart } from '../src/predict/assemble/candidate-mask.js';
import { scoreSettings } from '../src/predict/tune-settings.js';
import { textTable } from '../src/report/text-table.js';
import { leastScore, type LineImage, readLine } from './yardstick.js';

const words = process.argv.slice(2);
const [, folder] = words.splice(words.indexOf('--settings-of'), 2);
const settings = (await readModelFolder(folder!)).file.assemble;
const all = { ...settings, scoreThreshold: leastScore };
await startRuntime('auto');
const rows: string[][] = [
  ['', 'nuclei', 'with a candidate', 'as it is', 'all right ones', 'by true IoU', 'true masks of those'],
];
for (const written of words) {
  const { name, images } = await readLine(written);
  let [nuclei, reached] = [0, 0];
  const judged = images.map((image) => {
    const areas = new Map<number, number>();
    for (const label of image.truth.labels) if (label !== 0) areas.set(label, (areas.get(label) ?? 0) + 1);
    const candidates = image.pasted.map((candidate) => ({ candidate, ...best(image, candidate, areas) }));
    const right = new Set(candidates.filter(({ iou }) => iou > 0.5).map(({ label }) => label));
    nuclei += areas.size;
    reached += right.size;
    return { image, candidates, fraction: right.size / Math.max(1, areas.size) };
  });
  const score = (
    pick: (one: (typeof judged)[number]['candidates'][number]) => readonly LineImage['pasted'][number][],
  ) =>
    scoreSettings(
      judged.map(({ image, candidates }) => ({ ...image, pasted: candidates.flatMap(pick) })),
      all,
    ).toFixed(3);
  rows.push([
    name,
    String(nuclei),
    (reached / nuclei).toFixed(3),
    scoreSettings(images, settings).toFixed(3),
    score(({ candidate, iou }) => (iou > 0.5 ? [candidate] : [])),
    score(({ candidate, iou }) => (iou > 0.5 ? [{ ...candidate, score: iou }] : [])),
    (judged.reduce((sum, { fraction }) => sum + fraction, 0) / judged.length).toFixed(3),
  ]);
}
process.stdout.write(`${textTable(rows)}\n`);

/** The nucleus that a candidate's mask is most like. */
function best(
  { truth }: LineImage,
  candidate: LineImage['pasted'][number],
  areas: ReadonlyMap<number, number>,
) {
  const mask = maskOf(candidate, all);
  if (!mask) return { iou: 0, label: 0 };
  const shared = new Map<number, number>();
  for (let y = mask.box.y1; y < mask.box.y2; y++) {
    for (let x = mask.box.x1; x < mask.box.x2; x++) {
      const label = truth.labels[y * truth.width + x]!;
      if (label !== 0 && mask.values[rowStart(mask, y) + x] !== 0)
        shared.set(label, (shared.get(label) ?? 0) + 1);
    }
  }
  let found = { iou: 0, label: 0 };
  for (const [label, count] of shared) {
    const iou = count / (mask.area + areas.get(label)! - count);
    if (iou > found.iou) found = { iou, label };
  }
  return found;
}
