import type { PredictSettings } from '../../config/predict.js';
import type { DeviceChoice } from '../../engine/device.js';
import type { PredictionSource, TruthSource } from '../../eval/sources/source.js';
import type { FoundNetworks, PairedNetworks } from '../../model/find-networks.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { Command } from '../command.js';
import { withDevice } from '../global-options.js';
import { type TtaArguments, ttaSettings, withTta } from '../tta-options.js';
import { wholeNumber } from '../number-options.js';
import { startDevice } from '../start-device.js';
import { writeText } from '../write-text.js';

type Arguments = {
  targets: string[];
  data: string;
  labels: string | undefined;
  split: string | undefined;
  fold: string | undefined;
  groups: string | undefined;
  with: string | undefined;
  ablation: boolean;
  html: string | undefined;
  csv: string | undefined;
  'allow-other-data': boolean;
  device: DeviceChoice;
} & TtaArguments;

export const evalCommand: Command<Arguments> = {
  usage: 'eval <targets..>',
  describe: 'Score predictions against the truth, and compare several of them',
  examples: [
    ['nucleate eval examples/dsb2018-mini --data examples/dsb2018-mini', 'the truth against itself: 1'],
    ['S=examples/dsb2018-mini; nucleate eval $S --data $S --html eval.html', 'as a page'],
    [
      'S=examples/dsb2018-mini; nucleate data split $S --folds 3 --output s.json\n  nucleate eval $S --data $S --split s.json --fold 0',
      'the images of one fold',
    ],
  ],
  builder: (parser) =>
    withTta(withDevice(parser))
      .positional('targets', {
        type: 'string',
        array: true,
        demandOption: true,
        describe:
          'Folders of label images or of masks, run-length CSV files, COCO files, datasets, model folders, runs, checkpoints; compared with the first',
      })
      .option('data', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The truth: a dataset (folder, zip archive, prepared file), or a folder of label images',
      })
      .option('labels', { type: 'string', requiresArg: true, describe: 'A run-length CSV with its masks' })
      .option('split', {
        type: 'string',
        requiresArg: true,
        describe: 'A file of `data split`: clusters, and groups that the intervals keep together',
      })
      .option('fold', {
        type: 'string',
        requiresArg: true,
        implies: 'split',
        describe: 'Score only the images of this fold of the split, from 0',
      })
      .option('groups', {
        type: 'string',
        requiresArg: true,
        conflicts: 'split',
        describe: 'Instead of a split, a CSV with name (or image_id), cluster and, where known, mosaic',
      })
      .option('with', {
        type: 'string',
        requiresArg: true,
        describe:
          'A run, checkpoint or model folder: the other network for targets that are a detector or a segmenter alone',
      })
      .option('ablation', {
        type: 'boolean',
        default: false,
        describe:
          'Predict again with true boxes, and score our boxes with true masks: which stage is at fault?',
      })
      .option('html', { type: 'string', requiresArg: true, describe: 'Write a page with charts and images' })
      .option('csv', { type: 'string', requiresArg: true, describe: 'Write a row for each image' })
      .option('allow-other-data', {
        type: 'boolean',
        default: false,
        describe: 'Score also what is recorded to be made for other data: targets, split',
      }),
  async handler(
    { targets, data, labels, html, csv, device, 'allow-other-data': allowOtherData, ablation, ...choice },
    terminal,
  ) {
    const [{ openPrediction, openTruth }, { rejectOtherData: refuseOtherData }, { scoreSources }] = await Promise.all([
      import('../../eval/sources/open.js'),
      import('../../eval/sources/recorded-data.js'),
      import('../../eval/score-sources.js'),
    ]);
    const [{ evalDocument }, { evalText }] = await Promise.all([
      import('../../report/eval-document.js'),
      import('../../report/eval-text.js'),
    ]);
    const looks = ttaSettings(choice);
    const networks = await readNetworks(targets, choice.with, looks);
    if (ablation && networks.size === 0) throw nothingToAblate();
    if (Object.keys(looks).length > 0 && networks.size === 0) throw nothingToLookAt();
    if (networks.size > 0) await startDevice(device, terminal);
    const truth = await openTruth(data, { labels });
    const predictions: PredictionSource[] = [];
    try {
      for (const target of targets) {
        const pair = networks.get(target);
        predictions.push(pair ? await predictWith(pair, truth) : await openPrediction(target));
      }
      const sha256 = await truth.identity();
      if (!allowOtherData) refuseOtherData(predictions, data, sha256);
      const { selection, split } = await select(truth, allowOtherData ? null : sha256, choice);
      const { hasTrainedOn } = await import('../../model/find-networks.js');
      for (const pair of networks.values()) {
        if (!hasTrainedOn(pair, { sha256, fold: split?.fold ?? undefined })) continue;
        terminal.warn(`${pair.path} has trained on some of these images: its score is too good.`);
      }

      const progress = terminal.progress('scoring', selection.ids.length);
      const scored = await scoreSources(truth, predictions, {
        ...{ selection, ablate: ablation },
        onImage: (done) => progress.update(done),
      });
      const document = evalDocument({ truth, sha256, selection, split }, scored);

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

/** The networks of the targets that have some, by target. */
async function readNetworks(
  targets: readonly string[],
  partnerPlace: string | undefined,
  looks: Partial<PredictSettings>,
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
  return new Map(found.map((networks) => [networks.path, pairNetworks(networks, partner, looks)]));
}

async function predictWith(networks: PairedNetworks, truth: TruthSource): Promise<PredictionSource> {
  const { modelPrediction } = await import('../../model/model-prediction.js');
  return modelPrediction(networks, truth);
}

const noPartner = (where: string) =>
  usage('What --with names holds no network.', 'Name a run, a checkpoint or a model folder.', where);

const needlessPartner = (where: string) =>
  usage(
    'No target needs what --with names: each is predicted already, or has both networks.',
    'Leave --with out, or name a run as a target.',
    where,
  );

const nothingToAblate = () =>
  usage(
    'No target has networks that could be asked again.',
    'Leave --ablation out, or name a model folder or a run as a target.',
  );

const nothingToLookAt = () =>
  usage(
    'No target looks at images: each is predicted already.',
    'Leave --tta, --second-pass and --no-second-pass out, or name a model folder or a run as a target.',
  );

function usage(what: string, hint: string, where?: string): NucleateError {
  return new NucleateError({
    what,
    hint,
    exitCode: exitCodes.usage,
    ...(where === undefined ? {} : { where }),
  });
}

/** The images to score, by `--split`, `--fold` and `--groups`. */
async function select(
  truth: TruthSource,
  sha256: string | null,
  { split: path, fold: foldText, groups }: Pick<Arguments, 'split' | 'fold' | 'groups'>,
) {
  const { selectAll, selectFold, selectWithGroups } = await import('../../eval/selection.js');
  if (path !== undefined) {
    const { readSplit } = await import('../../data/split/split-file.js');
    const fold = foldText === undefined ? undefined : wholeNumber('fold', foldText, 0);
    const selection = selectFold(truth, { path, split: await readSplit(path), fold, sha256 });
    return { selection, split: { path, fold: fold ?? null } };
  }
  if (groups === undefined) return { selection: selectAll(truth), split: null };
  const { readGroupsCsv } = await import('../../data/read/groups-csv.js');
  return { selection: selectWithGroups(truth, await readGroupsCsv(groups)), split: null };
}
