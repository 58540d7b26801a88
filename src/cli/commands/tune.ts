import type { DeviceChoice } from '../../engine/device.js';
import type { SettingCurve, TunedSettings } from '../../predict/tune-settings.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';

type Arguments = {
  model: string;
  data: string | undefined;
  split: string | undefined;
  fold: number | undefined;
  device: DeviceChoice;
};

export const tuneCommand: Command<Arguments> = {
  usage: 'tune <model>',
  describe: 'Choose the settings of a model by the score on validation images, and store them in it',
  examples: [['nucleate tune models/mine', 'on the images that validated its detector']],
  builder: (parser) =>
    withDevice(
      parser
        .positional('model', {
          type: 'string',
          demandOption: true,
          describe: 'A folder of `nucleate model pack`',
        })
        .option('data', {
          type: 'string',
          requiresArg: true,
          describe: 'The dataset; that of the training of the detector if absent',
        })
        .option('split', {
          type: 'string',
          requiresArg: true,
          describe: 'Its folds; those of that training if absent',
        })
        .option('fold', {
          type: 'number',
          requiresArg: true,
          describe: 'The fold to score; the one that validated the detector if absent',
        }),
    ),
  async handler({ model: folder, data, split, fold, device }, terminal) {
    const [
      { startRuntime },
      { readModelFolder, replaceModelFile },
      { buildModel },
      { tuneModel },
      { readTrainingData },
    ] = await Promise.all([
      import('../../engine/runtime.js'),
      import('../../library/model-folder.js'),
      import('../../library/model.js'),
      import('../../library/tune-model.js'),
      import('../../train/training-data.js'),
    ]);
    const stored = await readModelFolder(folder);
    const { config } = stored.file.detector;
    const source = {
      ...config.data,
      ...(data !== undefined && { path: data }),
      ...(split !== undefined && { split }),
      ...(fold !== undefined && { validationFold: fold }),
    };
    const { validation } = await readTrainingData(source, config.seed);
    if (config.data.trainOnAll)
      terminal.warn('The detector has been trained on these images: the score is too good.');
    const runtime = await startRuntime(device);
    terminal.notice(`device: ${runtime.device}, since ${runtime.why}`);
    const model = buildModel(stored);
    try {
      const predicting = terminal.progress('predicting', validation.length);
      const trying = (tried: number, best: number) =>
        predicting.update(validation.length, `${tried} tried, ${best.toFixed(4)}`);
      const tuned = await tuneModel(model, validation, {
        onImage: (done) => predicting.update(done),
        onTried: trying,
      });
      const file = {
        ...stored.file,
        assemble: tuned.settings,
        tuned: { score: tuned.score, images: validation.length, date: new Date().toISOString() },
      };
      await replaceModelFile(folder, file);
      terminal.result({
        text: [
          ...tuned.curves.map(curveText),
          '',
          summary(tuned, validation.length),
          `stored      ${folder}`,
        ].join('\n'),
        value: { ...tuned, images: validation.length, folder },
      });
    } finally {
      model.dispose();
    }
  },
};

const summary = ({ score, tried }: TunedSettings, images: number) =>
  `score       ${score.toFixed(4)}, mean of ${images} images; ${tried} combinations tried on the same images`;

/** `minArea  5 0.512  10* 0.520  15 0.519`, the chosen value with a star. */
function curveText({ key, values, scores, chosen }: SettingCurve): string {
  const points = values.map(
    (value, index) => `${value}${value === chosen ? '*' : ''} ${scores[index]!.toFixed(3)}`,
  );
  return `${key.padEnd(15)} ${points.join('  ')}`;
}
