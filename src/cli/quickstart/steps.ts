import path from 'node:path';
import type { DeviceChoice } from '../../engine/device.js';
import { packageRoot } from '../../package-root.js';
import { shippedModel } from '../../model/shipped-model.js';

/** The fold of the sample that the tiny networks are not trained on. */
export const validationFold = 0;

export interface QuickstartRequest {
  readonly out: string;
  readonly device: DeviceChoice;
  /** Training steps of each network; undefined: as in its config. */
  readonly steps: number | undefined;
  /** Names of the validation images. */
  readonly images: readonly string[];
}

export interface QuickstartStep {
  /** A heading: what the step does. */
  readonly title: string;
  /** Arguments of `nucleate`. */
  readonly args: readonly string[];
}

/** Paths of what the quickstart writes. */
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
  /** Marks the folder as made by a quickstart; at the end it holds the results. */
  record: path.join(out, 'quickstart.json'),
});

/** Name of the model that comes with nucleate. */
export const shippedName = path.basename(shippedModel);

/** The images with their masks, and their folds. */
const sample = () => placeOf(packageFile('examples/dsb2018-mini'));
export const sampleSplit = () => placeOf(packageFile('configs/splits/dsb2018-mini.json'));

/** The whole workflow as ordinary command lines, in their order. */
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
      title: 'Train a tiny detector, which finds a box around each nucleus',
      args: train('detector'),
    },
    trainSegmenter: {
      title: 'Train a tiny segmenter, which outlines the nucleus in each box',
      args: train('segmenter'),
    },
    pack: {
      title: 'Pack both networks into one model',
      args: ['model', 'pack', files.detector, files.segmenter, '--out', files.model],
    },
    tune: {
      title: 'Choose its thresholds by the score on the validation images',
      args: ['tune', files.model, ...onDevice],
    },
    predictTiny: {
      title: 'Find the nuclei in the validation images with it',
      args: predict(files.model, files.tinyNuclei),
    },
    predictShipped: {
      title: `The same with ${shippedName}, the model that comes with nucleate`,
      args: predict(placeOf(shippedModel), files.shippedNuclei),
    },
    evaluate: {
      title: 'Score both models',
      args: [
        ...['eval', path.join(files.tinyNuclei, 'labels'), path.join(files.shippedNuclei, 'labels')],
        ...[...data, '--split', sampleSplit(), '--fold', String(validationFold)],
        ...['--html', files.evaluation, '--csv', files.scores],
      ],
    },
    reportDetector: {
      title: 'Write a report about the training of the detector',
      args: ['report', files.detector],
    },
    reportSegmenter: {
      title: 'Write a report about the training of the segmenter',
      args: ['report', files.segmenter],
    },
  } satisfies Record<string, QuickstartStep>;
}

/** Shortens the learning-rate schedule to so few steps. */
const shortened = (steps: number) =>
  [`budget.steps=${steps}`, `schedule.steps=${steps}`, 'schedule.warmupSteps=0'].flatMap((value) => [
    '--set',
    value,
  ]);

/** A file that comes with nucleate. */
export const packageFile = (file: string) => path.join(packageRoot, file);

/** A path for a command line: relative if it lies below the current folder. */
function placeOf(whole: string): string {
  const relative = path.relative(process.cwd(), whole);
  return relative.startsWith('..') ? whole : relative;
}
