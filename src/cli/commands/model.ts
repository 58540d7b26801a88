import type { Command, CommandGroup } from '../command.js';
import { modelBoxesCommand } from './model-boxes.js';

type PackArguments = {
  detector: string;
  segmenter: string;
  more: string[] | undefined;
  out: string;
  precision: 'float16' | 'float32';
  portable: boolean;
  'settings-of': string | undefined;
};

const packCommand: Command<PackArguments> = {
  usage: 'pack <detector> <segmenter>',
  describe: 'Pack a detector and a segmenter, or several of each as an ensemble, into one model folder',
  examples: [['nucleate model pack runs/d runs/s --out models/mine', 'the best checkpoint of each run']],
  builder: (parser) =>
    parser
      .positional('detector', {
        type: 'string',
        demandOption: true,
        describe: 'A run folder of `nucleate train detector`, or one of its checkpoints',
      })
      .positional('segmenter', {
        type: 'string',
        demandOption: true,
        describe: 'A run folder of `nucleate train segmenter`, or one of its checkpoints',
      })
      .option('more', {
        type: 'string',
        array: true,
        // One value for each --more.
        nargs: 1,
        describe:
          'Further detectors and segmenters of an ensemble, such as those of other folds: boxes of all are fused, masks averaged; may be repeated',
      })
      .option('out', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The model folder; must not exist',
      })
      .option('precision', {
        choices: ['float16', 'float32'] as const,
        default: 'float16' as const,
        describe: 'How to store weights; float16 takes half the space',
      })
      .option('portable', {
        type: 'boolean',
        default: false,
        describe:
          'For a model to publish: leave out paths of this machine; `nucleate tune` then needs --data',
      })
      .option('settings-of', {
        type: 'string',
        requiresArg: true,
        describe: 'Copy the thresholds of this tuned model (its twin), for networks trained on all images',
      }),
  async handler(
    { detector, segmenter, more, out, precision, portable, 'settings-of': settingsOf },
    terminal,
  ) {
    const [{ startRuntime }, { packModel }] = await Promise.all([
      import('../../engine/runtime.js'),
      import('../../model/pack-model.js'),
    ]);
    await startRuntime('cpu');
    const file = await packModel({
      ...{ detector, segmenter, precision, portable, more: more ?? [] },
      ...(settingsOf !== undefined && { settingsOf }),
      folder: out,
      now: new Date(),
    });
    terminal.result({
      text: [
        `detector    ${file.detector.origin.run}, step ${file.detector.origin.step}`,
        `segmenter   ${file.segmenter.origin.run}, step ${file.segmenter.origin.step}`,
        ...[...(file.others?.detectors ?? []), ...(file.others?.segmenters ?? [])].map(
          ({ origin }) => `and         ${origin.run}, step ${origin.step}`,
        ),
        `written     ${out}`,
        file.tuned?.of
          ? `settings    of ${file.tuned.of}`
          : `next        nucleate tune ${out}${portable ? ' --data DATASET' : ''}`,
      ].join('\n'),
      value: { folder: out, detector: file.detector.origin, segmenter: file.segmenter.origin, precision },
    });
  },
};

type ExportArguments = {
  stage: 'detector' | 'segmenter';
  network: string;
  out: string;
};

const exportCommand: Command<ExportArguments> = {
  usage: 'export <stage> <network>',
  describe: 'Export a network for TensorFlow.js: a model.json for tf.loadLayersModel',
  examples: [
    [
      'nucleate model export segmenter runs/s --out exported',
      'the layers, and nucleate.json with instructions',
    ],
  ],
  builder: (parser) =>
    parser
      .positional('stage', {
        choices: ['detector', 'segmenter'] as const,
        demandOption: true,
        describe: 'Which network',
      })
      .positional('network', {
        type: 'string',
        demandOption: true,
        describe: 'A run folder, one of its checkpoints, or a model folder',
      })
      .option('out', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The folder to write; must not exist',
      }),
  async handler({ stage, network, out }, terminal) {
    const [{ startRuntime }, { exportNetwork }] = await Promise.all([
      import('../../engine/runtime.js'),
      import('../../model/export-tfjs.js'),
    ]);
    await startRuntime('cpu');
    const file = await exportNetwork(stage, network, out);
    const models = file.models.map(({ folder }) => `${out}/${folder}/model.json`);
    terminal.result({
      text: [
        `${stage.padEnd(11)} ${file.origin.run}, step ${file.origin.step}`,
        ...models.map((model) => `written     ${model}`),
        `how to      ${out}/nucleate.json`,
      ].join('\n'),
      value: { folder: out, models, origin: file.origin },
    });
  },
};

type BioimageioArguments = { model: string; out: string; author: string[]; licence: string };

const bioimageioCommand: Command<BioimageioArguments> = {
  usage: 'bioimageio <model>',
  describe: 'Write packages for the BioImage Model Zoo: the segmenter, and the whole model',
  examples: [
    ['nucleate model bioimageio models/mine --out packages --author "Ada L."', 'segmenter.zip and model.zip'],
  ],
  builder: (parser) =>
    parser
      .positional('model', { type: 'string', demandOption: true, describe: 'A model folder' })
      .option('out', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The folder to write; must not exist',
      })
      .option('author', {
        type: 'string',
        array: true,
        demandOption: true,
        requiresArg: true,
        describe: 'Who made the model; may be repeated',
      })
      .option('licence', {
        type: 'string',
        requiresArg: true,
        default: 'CC-BY-4.0',
        describe: 'Licence of the weights, by its SPDX name',
      }),
  async handler({ model, out, author, licence }, terminal) {
    const { writePackages } = await import('../../model/bioimageio/write-packages.js');
    const files = await writePackages(model, out, { authors: author, licence });
    terminal.result({
      text: files.map((file) => `written     ${file}`).join('\n'),
      value: { folder: out, packages: files },
    });
  },
};

export const modelCommands: CommandGroup = {
  name: 'model',
  describe: 'Pack two trained networks into a model, export networks',
  commands: [packCommand, exportCommand, bioimageioCommand, modelBoxesCommand],
};
