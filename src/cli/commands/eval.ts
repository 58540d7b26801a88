import type { Fingerprint } from '../../data/split/fingerprint.js';
import type { DeviceChoice } from '../../engine/device.js';
import { metrics } from '../../eval/metrics/metrics.js';
import { sourceKinds, type ListedKind } from '../../eval/sources/kinds.js';
import type { Selection } from '../../eval/selection.js';
import type { PredictionSource, TruthSource } from '../../eval/sources/source.js';
import type { FoundNetworks, PairedNetworks, PairSettings } from '../../model/find-networks.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';
import { type LabelArguments, labelReading, withLabelImages } from '../label-options.js';
import { type PlaneArguments, planesOfDataset, withPlanes } from '../plane-options.js';
import { askedScale, type ScaleArguments, withScale } from '../scale-options.js';
import { type TtaArguments, ttaSettings, withTta } from '../tta-options.js';
import { wholeNumber } from '../number-options.js';
import { startDevice } from '../start-device.js';
import { writeText } from '../write-text.js';

type Arguments = {
  targets: string[];
  data: string[];
  labels: string | undefined;
  split: string | undefined;
  fold: string | undefined;
  'target-category': string[];
  groups: string | undefined;
  with: string | undefined;
  ablation: boolean;
  'out-of-fold': boolean;
  html: string | undefined;
  csv: string | undefined;
  'allow-other-data': boolean;
  device: DeviceChoice;
} & TtaArguments &
  ScaleArguments &
  PlaneArguments &
  LabelArguments;

/** What is scored. */
interface Scored {
  readonly truth: TruthSource;
  readonly selection: Selection;
  readonly sha256: string;
  readonly split: { readonly fold: number | null } | null;
}

/** Predictions of models, which are computed while they are scored. */
const modelWords = 'model folders, runs and checkpoints';

export const evalCommand: Command<Arguments> = {
  usage: 'eval <targets..>',
  describe: 'Score predictions against the truth, and compare several predictions',
  examples: [
    [
      'nucleate eval examples/dsb2018-mini --data examples/dsb2018-mini',
      'the truth against itself: the score is 1',
    ],
    [
      'S=examples/dsb2018-mini; nucleate eval $S --data $S --html eval.html',
      'also write an HTML page with charts and images',
    ],
    [
      'S=examples/dsb2018-mini; nucleate data split $S --folds 3 --out s.json\n  nucleate eval $S --data $S --split s.json --fold 0',
      'score only the images of one fold',
    ],
  ],
  builder: (parser) =>
    withPlanes(withScale(withTta(withDevice(withLabelImages(parser)))), 'one image of each file')
      .positional('targets', {
        type: 'string',
        array: true,
        demandOption: true,
        describe: `Predictions: ${sourceKinds.map(({ words }) => words).join(', ')}, ${modelWords}. Several are compared with the first`,
      })
      .option('data', {
        type: 'string',
        array: true,
        demandOption: true,
        // One value for each --data, so that the targets may follow.
        nargs: 1,
        describe:
          'The truth: a dataset (folder, zip archive, prepared file), or a folder of label images; datasets may be several',
      })
      .option('labels', {
        type: 'string',
        requiresArg: true,
        describe:
          'A file or folder with the true masks, if not beside the images of --data; see nucleate data layouts',
      })
      .option('target-category', {
        type: 'string',
        array: true,
        nargs: 1,
        default: [] as string[],
        describe: 'A category of the targets that is nuclei, as --category; default: those of --category',
      })
      .option('split', {
        type: 'string',
        requiresArg: true,
        describe:
          'A file written by `data split`: modality clusters, and groups of images that the intervals keep together',
      })
      .option('fold', {
        type: 'string',
        requiresArg: true,
        implies: 'split',
        describe: 'Score only the images of this fold of the split; the first is 0',
      })
      .option('groups', {
        type: 'string',
        requiresArg: true,
        conflicts: 'split',
        describe: 'A CSV with the cluster of each image, if there is no `--split`',
      })
      .option('with', {
        type: 'string',
        requiresArg: true,
        describe:
          'A run, checkpoint or model folder: the other network for a target that is only a detector or only a segmenter',
      })
      .option('ablation', {
        type: 'boolean',
        default: false,
        describe:
          'Score each model also with the true boxes and with the true masks, to see which stage loses more',
      })
      .option('out-of-fold', {
        type: 'boolean',
        default: false,
        describe:
          'Score ensembles on the data of their training: each image is predicted only by networks that kept its fold for validation',
      })
      .option('html', {
        type: 'string',
        requiresArg: true,
        describe: 'Write an HTML page with charts and images',
      })
      .option('csv', {
        type: 'string',
        requiresArg: true,
        describe: `Write a CSV file with a row for each image: ${metrics.map(({ label }) => label).join(', ')}, errors, hits`,
      })
      .option('allow-other-data', {
        type: 'boolean',
        default: false,
        describe: 'Score predictions even if they were made from another dataset',
      }),
  async handler(
    { targets, data, labels, html, csv, device, 'allow-other-data': allowOtherData, ablation, ...choice },
    terminal,
  ) {
    const [{ openPrediction, openTruth }, { rejectOtherData }, { scoreSources }] = await Promise.all([
      import('../../eval/sources/open.js'),
      import('../../eval/sources/recorded-data.js'),
      import('../../eval/score-sources.js'),
    ]);
    const [{ evalDocument }, { evalText }] = await Promise.all([
      import('../../report/eval-document.js'),
      import('../../report/eval-text.js'),
    ]);
    const settings = { predict: ttaSettings(choice), scale: askedScale(choice) };
    const reading = labelReading(choice);
    const ofTargets = { ...reading, categories: targetCategories(choice) };
    const outOfFold = choice['out-of-fold'];
    if (outOfFold && choice.with !== undefined)
      throw usage('--out-of-fold and --with exclude each other.', 'Leave one of them out.');
    const networks = await readNetworks(targets, choice.with, settings);
    if (outOfFold && networks.size < targets.length)
      throw noModel('--out-of-fold needs ensembles.', '--out-of-fold');
    if (outOfFold && ablation)
      throw usage('--out-of-fold and --ablation exclude each other.', 'Leave one of them out.');
    if (ablation && networks.size === 0)
      throw noModel('--ablation needs a model to predict with true boxes.', '--ablation');
    if (networks.size === 0 && Object.values(settings).some((asked) => Object.keys(asked).length > 0)) {
      const what = 'Test-time augmentation and scales are of predictions that are made now.';
      throw noModel(what, '--tta, --diameter and --pixel-size');
    }
    if (networks.size > 0) await startDevice(device, terminal);
    const truth = await openTruth(data, { labels, ...reading, planes: planesOfDataset(choice) });
    const predictions: PredictionSource[] = [];
    try {
      const kinds = [
        modelKind(
          networks,
          truth,
          outOfFold ? { path: data[0]!, more: data.slice(1), labels: labels ?? '' } : undefined,
        ),
        ...sourceKinds,
      ];
      for (const target of targets) predictions.push(await openPrediction(target, kinds, ofTargets));
      const sha256 = await truth.identity();
      if (!allowOtherData) rejectOtherData(predictions, data.join(', '), sha256);
      const { selection, split } = await select(truth, allowOtherData ? null : sha256, choice);
      const warnings = outOfFold
        ? []
        : await trainedWarnings([...networks.values()], { truth, selection, sha256, split });
      for (const warning of warnings) terminal.warn(warning);

      const progress = terminal.progress('scoring', selection.ids.length);
      const scored = await scoreSources(truth, predictions, {
        selection,
        ablate: ablation,
        onImage: (done) => progress.update(done),
      });
      const document = evalDocument({ truth, sha256, selection, split, warnings }, scored);

      if (csv !== undefined) {
        const { evalCsv } = await import('../../report/eval-csv.js');
        await writeText(csv, evalCsv(document), 'file');
      }
      if (html !== undefined) {
        const { evalPage } = await import('../../report/eval-page.js');
        await writeText(html, await evalPage(document, { truth, predictions }), 'file');
      }
      terminal.result({ text: evalText(document), value: document });
    } finally {
      for (const source of [truth, ...predictions]) await source.close();
    }
  },
};

/** The categories that are nuclei in the targets. */
const targetCategories = ({
  category,
  'target-category': own,
}: Pick<Arguments, 'category' | 'target-category'>) => (own.length > 0 ? own : category);

/** The networks of the targets that are models, by target. */
async function readNetworks(
  targets: readonly string[],
  partnerPlace: string | undefined,
  settings: PairSettings,
): Promise<ReadonlyMap<string, PairedNetworks>> {
  const { findNetworks, isHalf, pairNetworks } = await import('../../model/find-networks.js');
  const found: FoundNetworks[] = [];
  for (const target of targets) {
    const networks = await findNetworks(target);
    if (networks) found.push(networks);
  }
  const partner = partnerPlace === undefined ? undefined : await findNetworks(partnerPlace);
  if (partnerPlace !== undefined && !partner) throw noPartner(partnerPlace);
  if (partner && !found.some(isHalf)) throw needlessPartner(partner.path);
  return new Map(found.map((networks) => [networks.path, pairNetworks(networks, partner, settings)]));
}

/** Which models were trained on images that they are scored on. */
async function trainedWarnings(
  pairs: readonly PairedNetworks[],
  { truth, selection, sha256, split }: Scored,
): Promise<string[]> {
  const [{ hasTrainedOn }, { hasHistory, seenImages, trainedSentence, unknownAncestors }, { fingerprintOf }] =
    await Promise.all([
      import('../../model/find-networks.js'),
      import('../../model/seen-images.js'),
      import('../../data/split/fingerprint.js'),
    ]);
  const images: Fingerprint[] = [];
  if (pairs.some(({ detector, segmenter }) => detector.origin.history ?? segmenter.origin.history)) {
    for (const id of selection.ids) {
      const image = await truth.readImage(id);
      if (image) images.push(fingerprintOf(image));
    }
  }
  return pairs.flatMap((pair) => {
    const isKnown = hasHistory(pair) && images.length > 0;
    const seen = trainedSentence(seenImages(pair, images), pair.path);
    const isSeen = !isKnown && hasTrainedOn(pair, { sha256, fold: split?.fold ?? undefined });
    const sentence =
      seen ??
      (isSeen ? `${pair.path} was trained on some of these images: its score is optimistic.` : undefined);
    return [sentence, unknownAncestors(pair, pair.path)].filter((text) => text !== undefined);
  });
}

/** Models as a kind of predictions; it is tried before other kinds, since models are folders, too. */
function modelKind(
  networks: ReadonlyMap<string, PairedNetworks>,
  truth: TruthSource,
  outOfFold: { readonly path: string; readonly more: string[]; readonly labels: string } | undefined,
): ListedKind {
  return {
    words: modelWords,
    load: () =>
      Promise.resolve({
        recognise: ({ path }) => networks.has(path),
        async open({ path }) {
          if (outOfFold) {
            const { outOfFoldPrediction, readFolds } = await import('../../model/out-of-fold.js');
            const pair = networks.get(path)!;
            return outOfFoldPrediction(path, await readFolds(pair, path, outOfFold), truth, pair);
          }
          const { modelPrediction } = await import('../../model/model-prediction.js');
          return modelPrediction(networks.get(path)!, truth);
        },
      }),
  };
}

const noPartner = (where: string) =>
  usage('--with names no network.', 'Give it a run, a checkpoint or a model folder.', where);

const needlessPartner = (where: string) =>
  usage(
    'No target needs --with: none is only a detector or only a segmenter.',
    'Leave --with out, or add a run as a target.',
    where,
  );

const noModel = (what: string, options: string) =>
  usage(
    `${what} All targets are finished predictions.`,
    `Leave out ${options}, or add a model folder or a run as a target.`,
  );

function usage(what: string, hint: string, where?: string): NucleateError {
  return new NucleateError({
    what,
    hint,
    exitCode: exitCodes.usage,
    ...(where === undefined ? {} : { where }),
  });
}

/** The images to score, as chosen by `--split`, `--fold` and `--groups`. */
async function select(
  truth: TruthSource,
  sha256: string | null,
  { split: path, fold: foldText, groups }: Pick<Arguments, 'split' | 'fold' | 'groups'>,
) {
  const { selectAll, selectFold, selectWithGroups } = await import('../../eval/selection.js');
  if (path !== undefined) {
    const { readSplit } = await import('../../data/split/split-file.js');
    const fold = foldText === undefined ? undefined : wholeNumber('fold', foldText, 0);
    const selection = await selectFold(truth, { path, split: await readSplit(path), fold, sha256 });
    return { selection, split: { path, fold: fold ?? null } };
  }
  if (groups === undefined) return { selection: selectAll(truth), split: null };
  const { readGroupsCsv } = await import('../../data/read/groups-csv.js');
  return { selection: selectWithGroups(truth, await readGroupsCsv(groups)), split: null };
}
