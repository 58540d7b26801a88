import { formatCount, formatShare } from '../../report/numbers.js';
import { textTable } from '../../report/text-table.js';
import { quickstartFiles, shippedName } from './steps.js';

/** How one of the two models did. */
export interface ModelSummary {
  readonly name: string;
  /** Of the images that validate. */
  readonly score: number;
  /** null where it was trained before. */
  readonly trainingSeconds: number | null;
  /** For the images that validate, with the start of the command. */
  readonly predictionSeconds: number;
}

export interface QuickstartSummary {
  readonly folder: string;
  /** Names of the images that validate. */
  readonly images: readonly string[];
  readonly models: readonly ModelSummary[];
  /** What the shipped model knows of these images. */
  readonly seen: string;
  readonly seconds: number;
}

export function summaryText({ folder, images, models, seen, seconds }: QuickstartSummary): string {
  const files = quickstartFiles(folder);
  return [
    `${formatCount(images.length, 'image')} of the sample were kept out of the training; the thresholds of the tiny model were chosen with them.`,
    seen,
    '',
    textTable([
      ['model', 'score', 'training', 'finding nuclei'],
      ...models.map(({ name, score, trainingSeconds, predictionSeconds }) => [
        name,
        formatShare(score),
        trainingSeconds === null ? 'shipped' : duration(trainingSeconds),
        duration(predictionSeconds),
      ]),
    ]),
    '',
    'look at',
    ...aligned([
      [`${files.shippedNuclei}/overlay`, `nuclei in colours on the images, by ${shippedName}`],
      [`${files.tinyNuclei}/overlay`, 'the same by the tiny model'],
      [files.evaluation, 'both beside the truth: scores, charts, each error'],
      [`${files.detector}/report.html`, 'how the detector was trained; the segmenter has one, too'],
    ]),
    '',
    'next',
    ...aligned([
      ['nucleate predict IMAGES', `your own images, with ${shippedName}`],
      ['nucleate data check DATASET', 'whether your own annotations are in order'],
      ['nucleate train detector --help', 'a model of your own: README.md has the five commands'],
    ]),
    '',
    `done in ${duration(seconds)}`,
  ].join('\n');
}

function aligned(rows: readonly (readonly [string, string])[]): string[] {
  const width = Math.max(...rows.map(([first]) => first.length));
  return rows.map(([first, second]) => `  ${first.padEnd(width)}  ${second}`);
}

function duration(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 120 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}
