/**
 * The metrics of src/eval, written a second time as plainly and slowly as possible: an instance is a set of pixels, an IoU
 * a fraction of BigInts, and every pair is compared.
 */
import type { LabelImage } from '../../src/data/geometry/label-image.js';

type Pixels = ReadonlySet<number>;

function instancesOf({ labels }: LabelImage): Pixels[] {
  const instances = new Map<number, Set<number>>();
  labels.forEach((label, pixel) => {
    if (label === 0) return;
    if (!instances.has(label)) instances.set(label, new Set());
    instances.get(label)!.add(pixel);
  });
  return [...instances.entries()].sort(([one], [other]) => one - other).map(([, pixels]) => pixels);
}

const shared = (one: Pixels, other: Pixels) => [...one].filter((pixel) => other.has(pixel)).length;
const joined = (one: Pixels, other: Pixels) => new Set([...one, ...other]).size;
const iou = (one: Pixels, other: Pixels) => shared(one, other) / joined(one, other);
const isHit = (one: Pixels, other: Pixels, percent: number) =>
  BigInt(shared(one, other)) * 100n > BigInt(joined(one, other)) * BigInt(percent);

export function referenceMetrics(gtImage: LabelImage, predImage: LabelImage) {
  const gts = instancesOf(gtImage);
  const preds = instancesOf(predImage);
  const tp: number[] = [];
  for (let percent = 50; percent < 100; percent += 5) {
    tp.push(gts.filter((gt) => preds.some((pred) => isHit(gt, pred, percent))).length);
  }
  const fp = tp.map((hits) => preds.length - hits);
  const fn = tp.map((hits) => gts.length - hits);
  const each = tp.map((hits, index) => {
    const all = hits + fp[index]! + fn[index]!;
    return all === 0 ? 1 : hits / all;
  });
  const matched = gts.flatMap((gt) =>
    preds.filter((pred) => isHit(gt, pred, 50)).map((pred) => iou(gt, pred)),
  );
  const matchedSum = matched.reduce((sum, value) => sum + value, 0);
  return {
    gtCount: gts.length,
    predCount: preds.length,
    tp,
    fp,
    fn,
    score: each.reduce((sum, value) => sum + value, 0) / 10,
    meanMatchedIou: matched.length === 0 ? null : matchedSum / matched.length,
    panopticQuality: gts.length + preds.length === 0 ? 1 : matchedSum / (tp[0]! + fp[0]! / 2 + fn[0]! / 2),
    aji: aji(gts, preds),
    errors: errors(gts, preds),
  };
}

function aji(gts: readonly Pixels[], preds: readonly Pixels[]): number {
  let [intersection, union] = [0, 0];
  const used = new Set<Pixels>();
  for (const gt of gts) {
    const [best] = preds
      .filter((pred) => shared(gt, pred) > 0)
      .sort((one, other) => iou(gt, other) - iou(gt, one) || shared(gt, other) - shared(gt, one));
    intersection += best ? shared(gt, best) : 0;
    union += best ? joined(gt, best) : gt.size;
    if (best) used.add(best);
  }
  for (const pred of preds) if (!used.has(pred)) union += pred.size;
  return union === 0 ? 1 : intersection / union;
}

function errors(gts: readonly Pixels[], preds: readonly Pixels[]) {
  const liesIn = (one: Pixels, other: Pixels) => shared(one, other) > one.size / 2;
  const contents = (pred: Pixels) => gts.filter((gt) => liesIn(gt, pred));
  const pieces = (gt: Pixels) => preds.filter((pred) => liesIn(pred, gt));
  const counts = { missed: 0, merged: 0, split: 0, extra: 0, merging: 0, fragments: 0 };
  for (const gt of gts) {
    if (preds.some((pred) => isHit(gt, pred, 50))) continue;
    if (preds.some((pred) => liesIn(gt, pred) && contents(pred).length >= 2)) counts.merged++;
    else if (pieces(gt).length >= 2) counts.split++;
    else counts.missed++;
  }
  for (const pred of preds) {
    if (gts.some((gt) => isHit(gt, pred, 50))) continue;
    if (contents(pred).length >= 2) counts.merging++;
    else if (gts.some((gt) => liesIn(pred, gt) && pieces(gt).length >= 2)) counts.fragments++;
    else counts.extra++;
  }
  return counts;
}
