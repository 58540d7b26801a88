import { stringify } from 'csv-stringify/sync';
import { cleanLine } from '../clean-text.js';
import { errorKinds } from '../eval/error-kinds.js';
import { metrics } from '../eval/metrics/metrics.js';
import type { EvalDocument } from './eval-schema.js';

/**
 * One row for each target and image. Spreadsheets would run a text that begins like a formula, so such a text gets an
 * apostrophe before it; control characters, which a terminal would run, are left out.
 */
export function evalCsv({ targets }: EvalDocument): string {
  const thresholds = targets[0]!.thresholds.map((threshold) => threshold.toFixed(2));
  const header = [
    ...['target', 'image', 'cluster', 'nuclei', 'predicted'],
    ...metrics.map(({ key }) => snakeCase(key)),
    ...errorKinds.map(({ key }) => key),
    ...['tp', 'fp', 'fn'].flatMap((name) => thresholds.map((threshold) => `${name}_${threshold}`)),
  ];
  const rows = targets.flatMap((target) =>
    target.images.map((image) => [
      ...[target.path, image.id, image.cluster ?? ''].map(cleanLine),
      ...[image.gtCount, image.predCount],
      ...metrics.map(({ key }) => image[key]),
      ...errorKinds.map(({ key }) => image.errors[key]),
      ...[...image.tp, ...image.fp, ...image.fn],
    ]),
  );
  return stringify([header, ...rows], { escape_formulas: true });
}

/** `panopticQuality`: `panoptic_quality`. */
const snakeCase = (key: string) => key.replace(/[A-Z]/gu, (letter) => `_${letter.toLowerCase()}`);
