import path from 'node:path';
import type { DeviceChoice } from '../../engine/device.js';
import { packageRoot } from '../../package-root.js';
import { shippedModel } from '../shipped-model.js';

/** Fold of the sample that no network here is trained on. */
export const validationFold = 0;

export interface QuickstartRequest {
  readonly out: string;
  readonly device: DeviceChoice;
  /** Of each training, instead of those of its config. */
  readonly steps: number | undefined;
  /** Names of the images that validate. */
  readonly images: readonly string[];
}

export interface QuickstartStep {
  /** What it is for, as a heading. */
  readonly title: string;
  /** Of `nucleate`. */
  readonly args: readonly string[];
}

/** What the quickstart makes, by what it holds; all paths. */
export const quickstartFiles = (out: string) => ({
  detector: path.join(out, 'detector'),
  segmenter: path.join(out, 'segmenter'),
  model: path.join(out, 'model'),
  /** A folder for each model. */
  nuclei: path.join(out, 'nuclei'),
  tinyNuclei: path.join(out, 'nuclei/tiny'),
  shippedNuclei: path.join(out, 'nuclei', shippedName),
  evaluation: path.join(out, 'eval.html'),
  scores: path.join(out, 'eval.csv'),
  /** Says that a quickstart has made the folder, and at the end how it went. */
  record: path.join(out, 'quickstart.json'),
});

/** Of the model that comes with nucleate. */
export const shippedName = path.basename(shippedModel);

/** The images with their masks, and their folds. */
const sample = () => placeOf(packageFile('examples/dsb2018-mini'));
export const sampleSplit = () => placeOf(packageFile('configs/splits/dsb2018-mini.json'));

/** The whole job as ordinary command lines, in their order. */
export function quickstartSteps({ out, device, steps, images }: QuickstartRequest) {
  const files = quickstartFiles(out);
  const onDevice = device === 'auto' ? [] : ['--device', device];
  const data = ['--data', sample()];
  const train = (task: 'detector' | 'segmenter'): string[] => [
    ...['train', task, '--config', placeOf(packageFile(`configs/${task}/tiny.yaml`))],
    ...[...data, '--set', `data.split=${sampleSplit()}`],
    ...(steps === undefined ? [] : shortened(steps)),
    ...['--run-dir', files[task], ...onDevice],
  ];
  const predict = (model: string, nuclei: string): string[] => [
    ...['predict', ...images.map((name) => path.join(sample(), `${name}.png`))],
    ...['--model', model, '--out', nuclei, ...onDevice],
  ];
  return {
    trainDetector: {
      title: 'Train a tiny detector, which finds the boxes of nuclei',
      args: train('detector'),
    },
    trainSegmenter: {
      title: 'Train a tiny segmenter, which cuts the nucleus out of a box',
      args: train('segmenter'),
    },
    pack: {
      title: 'Make one model of the two',
      args: ['model', 'pack', files.detector, files.segmenter, '--out', files.model],
    },
    tune: {
      title: 'Choose its thresholds by the score on the images that validate',
      args: ['tune', files.model, ...onDevice],
    },
    predictTiny: {
      title: 'Find the nuclei of these images with it',
      args: predict(files.model, files.tinyNuclei),
    },
    predictShipped: {
      title: `The same with ${shippedName}, which comes with nucleate`,
      args: predict(placeOf(shippedModel), files.shippedNuclei),
    },
    evaluate: {
      title: 'Score both',
      args: [
        ...['eval', path.join(files.tinyNuclei, 'labels'), path.join(files.shippedNuclei, 'labels')],
        ...[...data, '--split', sampleSplit(), '--fold', String(validationFold)],
        ...['--html', files.evaluation, '--csv', files.scores],
      ],
    },
    reportDetector: {
      title: 'Report how the detector was trained',
      args: ['report', files.detector],
    },
    reportSegmenter: {
      title: 'Report how the segmenter was trained',
      args: ['report', files.segmenter],
    },
  } satisfies Record<string, QuickstartStep>;
}

/** A schedule that fits into so few steps. */
const shortened = (steps: number) =>
  [`budget.steps=${steps}`, `schedule.steps=${steps}`, 'schedule.warmupSteps=0'].flatMap((value) => [
    '--set',
    value,
  ]);

/** A file that comes with nucleate. */
export const packageFile = (file: string) => path.join(packageRoot, file);

/** A path as a command line names it: shortly where it lies below the folder in which the user works. */
function placeOf(whole: string): string {
  const relative = path.relative(process.cwd(), whole);
  return relative.startsWith('..') ? whole : relative;
}
