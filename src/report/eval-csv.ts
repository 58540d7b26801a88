import { stringify } from 'csv-stringify/sync';
import type { EvalDocument } from './eval-document.js';

/**
 * One row an image and target, for spreadsheets: they would run a text that begins like a formula, so such a text gets
 * an apostrophe before it.
 */
export function evalCsv({ targets }: EvalDocument): string {
  const thresholds = targets[0]!.thresholds.map((threshold) => threshold.toFixed(2));
  const columns = ['target', 'image', 'cluster', 'nuclei', 'predicted', 'score', 'panoptic_quality', 'aji'];
  const errors = ['missed', 'merged', 'split', 'extra', 'merging', 'fragments'] as const;
  const header = [
    ...[...columns, 'mean_matched_iou', ...errors],
    ...['tp', 'fp', 'fn'].flatMap((name) => thresholds.map((threshold) => `${name}_${threshold}`)),
  ];
  const rows = targets.flatMap((target) =>
    target.images.map((image) => [
      ...[target.path, image.id, image.cluster, image.gtCount, image.predCount, image.score],
      ...[image.panopticQuality, image.aji, image.meanMatchedIou],
      ...errors.map((kind) => image.errors[kind]),
      ...[...image.tp, ...image.fp, ...image.fn],
    ]),
  );
  return stringify([header, ...rows], { escape_formulas: true });
}
