import { parse } from 'csv-parse/sync';
import { readPlainFileSync } from '../../plain-file.js';
import { formatCount, formatFraction } from '../../report/numbers.js';
import { textTable } from '../../report/text-table.js';
import { quickstartFiles, shippedName } from './steps.js';

/** The results of one of the two models. */
export interface ModelSummary {
  readonly name: string;
  /** Challenge score on the validation images. */
  readonly score: number;
  /** null for a model that was trained before. */
  readonly trainingSeconds: number | null;
  /** For the validation images, including the start of the command. */
  readonly predictionSeconds: number;
}

export interface QuickstartSummary {
  readonly folder: string;
  /** Names of the validation images. */
  readonly images: readonly string[];
  readonly models: readonly ModelSummary[];
  /** Whether the shipped model was trained on these images. */
  readonly seen: string;
  readonly seconds: number;
}

/** The challenge score of a target in a file of `nucleate eval --csv`: the mean over its images. */
export function scoreIn(csvFile: string, target: string): number {
  const rows = parse<Record<'target' | 'score', string>>(readPlainFileSync(csvFile), { columns: true });
  const scores = rows.filter((row) => row.target === target).map(({ score }) => Number(score));
  return scores.reduce((sum, score) => sum + score, 0) / scores.length;
}

export function summaryText({ folder, images, models, seen, seconds }: QuickstartSummary): string {
  const files = quickstartFiles(folder);
  return [
    `Scores on ${formatCount(images.length, 'image')} of the sample that the tiny model was not trained on; its thresholds were chosen on them.`,
    seen,
    '',
    textTable([
      ['model', 'score', 'training', 'prediction'],
      ...models.map(({ name, score, trainingSeconds, predictionSeconds }) => [
        name,
        formatFraction(score),
        trainingSeconds === null ? 'shipped' : duration(trainingSeconds),
        duration(predictionSeconds),
      ]),
    ]),
    '',
    'results',
    ...aligned([
      [`${files.shippedNuclei}/overlay`, `the nuclei in colours on the images, found by ${shippedName}`],
      [`${files.tinyNuclei}/overlay`, 'the same, found by the tiny model'],
      [files.evaluation, 'both models compared with the annotations: scores, charts, every error'],
      [`${files.detector}/report.html`, 'the training of the detector; the segmenter has such a page, too'],
    ]),
    '',
    'next',
    ...aligned([
      ['nucleate predict IMAGES', `find the nuclei in your own images with ${shippedName}`],
      ['nucleate data check DATASET', 'check your own annotations'],
      ['nucleate train detector --help', 'train a model of your own: README.md lists the commands'],
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
