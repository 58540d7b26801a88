import type { ModelFile } from '../../config/model-file.js';
import type { DeviceChoice } from '../../engine/device.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { TunedModel } from '../../model/tune-model.js';
import type { SettingCurve } from '../../predict/tune-settings.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { datasetKeys } from '../dataset-keys.js';
import { withDevice } from '../global-options.js';
import { type LabelArguments, withLabelImages } from '../label-options.js';
import { type PlaneArguments, withPlanes } from '../plane-options.js';
import { type TtaArguments, ttaSettings, withDiameterMode, withTta } from '../tta-options.js';
import type { Progress } from '../progress.js';
import type { Terminal } from '../terminal.js';
import { startDevice } from '../start-device.js';

type Arguments = {
  model: string;
  data: string[];
  pair: string[];
  labels: string | undefined;
  split: string | undefined;
  fold: number | undefined;
  device: DeviceChoice;
} & PlaneArguments &
  LabelArguments &
  TtaArguments;

export const tuneCommand: Command<Arguments> = {
  usage: 'tune <model>',
  describe: 'Choose the assembly settings of a model by its score on validation images, and save them in it',
  examples: [
    ['nucleate tune models/mine', 'on the validation images of its detector'],
    [
      'nucleate tune models/mine --pair models/mine',
      'for strange images: --pair MODEL@DATASET, which MODEL has not seen',
    ],
  ],
  builder: (parser) =>
    withDevice(
      withPlanes(withLabelImages(withDiameterMode(withTta(parser))), 'one image of each file')
        .positional('model', {
          type: 'string',
          demandOption: true,
          describe: 'A folder made by `nucleate model pack`',
        })
        .option('data', {
          type: 'string',
          array: true,
          nargs: 1,
          default: [] as string[],
          describe:
            'Dataset; may be repeated: several are put together. Default: what the detector was trained on',
        })
        .option('pair', {
          type: 'string',
          array: true,
          nargs: 1,
          default: [] as string[],
          describe:
            'MODEL@DATASET, a dataset that MODEL has not seen; or MODEL: the validation images of its detector. Repeated: each pair counts the same, and MODEL may be another one than that which gets the settings',
        })
        .option('labels', {
          type: 'string',
          requiresArg: true,
          describe: 'A file or folder of annotations of the first --data, if not beside its images',
        })
        .option('split', {
          type: 'string',
          requiresArg: true,
          describe: 'File with the folds of the dataset; default: as in the training of the detector',
        })
        .option('fold', {
          type: 'number',
          requiresArg: true,
          describe: 'Fold to use; default: the validation fold of the detector, all folds of an ensemble',
        }),
    ),
  async handler({ pair: pairs, ...args }, terminal) {
    if (pairs.length > 0) return tuneOnPairs(pairs, args, terminal);
    const { model: folder, data, labels, split, fold, device, ...asked } = args;
    const [
      { buildModel },
      { networksOf, readModelFolder, replaceModelFile },
      { tuneModel },
      { modelCard },
      { describeTta },
      { readTrainingData },
      { hasHistory, trainedOnSentence, unknownAncestors },
    ] = await Promise.all([
      import('../../model/model.js'),
      import('../../model/model-folder.js'),
      import('../../model/tune-model.js'),
      import('../../model/model-card.js'),
      import('../../predict/tta.js'),
      import('../../data/loader/training-data.js'),
      import('../../model/seen-images.js'),
    ]);
    const stored = await readModelFolder(folder);
    if (stored.others && fold !== undefined) throw allFolds(folder);
    await startDevice(device, terminal);
    const mode = ttaSettings(asked);
    const file: ModelFile = { ...stored.file, predict: { ...stored.file.predict, ...mode } };
    const { config, origin } = file.detector;
    const changes = {
      ...(data.length > 0 && { path: data[0]!, more: data.slice(1), labels: '' }),
      ...(labels !== undefined && { labels }),
      ...datasetKeys(asked),
      ...(split !== undefined && { split }),
    };
    let predicting: Progress | undefined;
    let images = 0;
    const begin = (count: number) => {
      images = count;
      predicting = terminal.progress('predicting', count);
    };
    const callbacks = {
      onImage: (done: number) => predicting!.update(done),
      onTried: (tried: number, best: number) =>
        predicting!.update(images, `${tried} tried, ${best.toFixed(4)}`),
    };
    const tuneOne = async () => {
      const source = { ...config.data, ...changes, ...(fold !== undefined && { validationFold: fold }) };
      const { validation, groups } = await readTrainingData(source, {
        seed: config.seed,
        trained: origin.dataset,
      });
      const seen = hasHistory(file)
        ? trainedOnSentence(file, validation, folder)
        : config.data.trainOnAll
          ? 'The detector was trained on these images: the score is optimistic.'
          : undefined;
      for (const text of [seen, unknownAncestors(file, folder)]) if (text !== undefined) terminal.warn(text);
      begin(validation.length);
      const model = buildModel(stored, { predict: mode });
      try {
        return await tuneModel(model, validation, { groups, ...callbacks });
      } finally {
        model.dispose();
      }
    };
    const tuneSeveral = async () => {
      const [{ readFolds }, { tuneEnsemble }] = await Promise.all([
        import('../../model/out-of-fold.js'),
        import('../../model/tune-ensemble.js'),
      ]);
      const folds = await readFolds(networksOf(stored), folder, changes);
      begin(folds.reduce((sum, part) => sum + part.data.validation.length, 0));
      return tuneEnsemble(file, folds, callbacks);
    };
    const { settings, score, heldOut, curves, tried } = await (stored.others ? tuneSeveral() : tuneOne());
    const { predict } = file;
    const tuned = {
      ...file,
      assemble: settings,
      tuned: { score, images, heldOut, date: new Date().toISOString() },
    };
    await replaceModelFile(folder, tuned, modelCard(tuned));
    const words = describeTta(predict);
    terminal.result({
      text: [
        ...curves.map(curveText),
        '',
        ...(words.length > 0 ? [`with        ${words.join(', ')}`] : []),
        ...(stored.others
          ? ['predicted   each image by the networks that kept its fold for validation']
          : []),
        `score       ${score.toFixed(4)}, mean challenge score of ${formatCount(images, 'image')}; the best of ${formatCount(tried, 'combination')} (optimistic)`,
        ...heldOutText(heldOut),
        `saved       ${folder}`,
      ].join('\n'),
      value: { settings, predict, score, heldOut, curves, tried, images, folder },
    });
  },
};

/** Chooses the settings on models that have not seen their images, and saves them in another, or one of them. */
async function tuneOnPairs(
  pairs: readonly string[],
  { model: folder, data, labels, split, fold, device, ...asked }: Omit<Arguments, 'pair'>,
  terminal: Terminal,
): Promise<void> {
  const given = [data.length > 0 ? data : undefined, labels, split, fold].some(
    (value) => value !== undefined,
  );
  if (given || Object.keys({ ...datasetKeys(asked), ...ttaSettings(asked) }).length > 0)
    throw onlyPairs(folder);
  const [
    { readModelFolder, replaceModelFile },
    { readPair, tunePairs },
    { modelCard },
    { hasHistory, trainedOnSentence, unknownAncestors },
  ] = await Promise.all([
    import('../../model/model-folder.js'),
    import('../../model/tune-pairs.js'),
    import('../../model/model-card.js'),
    import('../../model/seen-images.js'),
  ]);
  const { file } = await readModelFolder(folder);
  await startDevice(device, terminal);
  const read = [];
  for (const written of pairs) {
    const pair = await readPair(written);
    const { file: known } = pair.model;
    const seen = hasHistory(known) ? trainedOnSentence(known, pair.examples, written) : undefined;
    for (const text of [seen, unknownAncestors(known, written)]) if (text !== undefined) terminal.warn(text);
    read.push(pair);
  }
  const images = read.reduce((sum, { examples }) => sum + examples.length, 0);
  const predicting = terminal.progress('predicting', images);
  const { settings, score, heldOut, curves, tried, ...found } = await tunePairs(read, file.assemble, {
    onImage: (done) => predicting.update(done),
    onTried: (count, best) => predicting.update(images, `${count} tried, ${best.toFixed(4)}`),
  });
  const tuned = {
    ...file,
    assemble: settings,
    tuned: { score, images, heldOut, pairs: [...found.pairs], date: new Date().toISOString() },
  };
  await replaceModelFile(folder, tuned, modelCard(tuned));
  terminal.result({
    text: [
      ...curves.map(curveText),
      '',
      ...found.pairs.map(
        ({ name, images: count, before, after }) =>
          `${name}: ${formatCount(count, 'image')}, score ${before.toFixed(4)} before, ${after.toFixed(4)} after`,
      ),
      `score       ${score.toFixed(4)}, mean of ${formatCount(read.length, 'pair')}; the best of ${formatCount(tried, 'combination')} (optimistic)`,
      ...heldOutText(heldOut),
      `saved       ${folder}`,
    ].join('\n'),
    value: { settings, score, heldOut, curves, tried, images, pairs: found.pairs, folder },
  });
}

const onlyPairs = (where: string) =>
  new NucleateError({
    what: 'With --pair, the images of each pair are read and predicted as its model was packed.',
    where,
    hint: 'Leave out the options that say how images and masks are read or predicted.',
    exitCode: exitCodes.usage,
  });

const allFolds = (where: string) =>
  new NucleateError({
    what: 'An ensemble is tuned on all folds of its networks.',
    where,
    hint: 'Leave out --fold.',
    exitCode: exitCodes.usage,
  });

function heldOutText(heldOut: TunedModel['heldOut']): string[] {
  if (!heldOut) return [];
  const clusters = Object.entries(heldOut.clusters).map(([name, { score }]) => `${name} ${score.toFixed(3)}`);
  return [
    `held out    ${heldOut.score.toFixed(4)}, with settings chosen on one half of the images and scored on the other`,
    `            ${clusters.join(', ')}`,
  ];
}

/** `minArea  5 0.512  10* 0.520  15 0.519`: each value with its score; a star marks the chosen one. */
function curveText({ key, values, scores, chosen }: SettingCurve): string {
  const points = values.map(
    (value, index) => `${value}${value === chosen ? '*' : ''} ${scores[index]!.toFixed(3)}`,
  );
  return `${key.padEnd(15)} ${points.join('  ')}`;
}
