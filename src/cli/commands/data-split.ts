import type { SplitResult } from '../../data/split/split.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { withDatasets } from '../global-options.js';
import { type LabelArguments, labelReading } from '../label-options.js';
import { type PlaneArguments, planesOfDataset } from '../plane-options.js';
import { wholeNumber } from '../number-options.js';

const sample = 'examples/dsb2018-mini';

type SplitArguments = PlaneArguments & {
  paths: string[];
  labels: string | undefined;
  groups: string | undefined;
  folds: string | undefined;
  keep: string | undefined;
  seed: string;
  out: string;
} & LabelArguments;

export const dataSplitCommand: Command<SplitArguments> = {
  usage: 'split <paths..>',
  describe: 'Split a dataset into folds, with crops of one field in the same fold',
  examples: [
    [
      `nucleate data split ${sample} --folds 4 --out split.json`,
      'find crops of one field and modalities from the pixels',
    ],
    [`nucleate data split ${sample} --seed 2 --out s.json --json`, 'another seed; print one JSON document'],
    [
      `nucleate data split ${sample} --keep s.json --out s2.json`,
      'after the dataset has grown: all images of s.json stay in their folds',
    ],
  ],
  builder: (parser) =>
    withDatasets(parser)
      .option('groups', {
        type: 'string',
        requiresArg: true,
        describe:
          'A CSV with the columns image_id, cluster and mosaic. Images of one mosaic, or with matching pixels, get the same fold',
      })
      .option('folds', {
        type: 'string',
        requiresArg: true,
        describe:
          'Number of folds, at least 2; or `clusters`: one fold per cluster, to leave out one kind of image; default: 5, or as many as there are groups if there are fewer',
      })
      .option('keep', {
        type: 'string',
        requiresArg: true,
        conflicts: 'folds',
        describe:
          'A split of an earlier state of the dataset: its images keep their folds; only new ones are assigned, together with the images that they belong to',
      })
      .option('seed', {
        type: 'string',
        requiresArg: true,
        default: '1',
        describe: 'Seed of the random assignment to folds',
      })
      .option('out', {
        alias: 'output',
        type: 'string',
        requiresArg: true,
        demandOption: true,
        describe: 'File to write',
      }),
  async handler({ paths, labels, channel, plane, groups, out, keep: keptPath, ...options }, terminal) {
    const [{ openDatasets }, { splitDataset }, { readGroupsCsv }, { readSplit, writeSplit }] =
      await Promise.all([
        import('../../data/read/joined-datasets.js'),
        import('../../data/split/split-dataset.js'),
        import('../../data/read/groups-csv.js'),
        import('../../data/split/split-file.js'),
      ]);
    const folds = foldsOf(options.folds);
    const seed = wholeNumber('seed', options.seed, 0);
    const known = groups === undefined ? undefined : await readGroupsCsv(groups);
    const keep = keptPath === undefined ? undefined : await readSplit(keptPath);
    const planes = planesOfDataset({ channel, plane });
    const dataset = await openDatasets(paths, { labels, ...labelReading(options), planes });
    try {
      const progress = terminal.progress('comparing', dataset.images.length);
      const onImage = (done: number) => progress.update(done);
      const result = await splitDataset(dataset, { folds, seed, known, keep, onImage });
      const { split, kept, warnings } = result;
      for (const { what, hint = '' } of warnings) terminal.warn(`${what} ${hint}`.trim());
      await writeSplit(out, split);
      terminal.result({
        text: resultText(result, out, keep !== undefined),
        value: { file: out, ...split, kept, warnings },
      });
    } finally {
      await dataset.close();
    }
  },
};

function foldsOf(text: string | undefined): number | 'clusters' | undefined {
  if (text === undefined || text === 'clusters') return text;
  return wholeNumber('folds', text, 2);
}

function resultText(
  { split: { dataset, folds, images }, kept }: SplitResult,
  out: string,
  isKeeping: boolean,
): string {
  const all = Object.values(images);
  const clusters = [...new Set(all.map(({ cluster }) => cluster))].sort();
  const lines = Array.from({ length: folds }, (_, fold) => {
    const inFold = all.filter((image) => image.fold === fold);
    const counts = clusters.map(
      (name) => `${name} ${inFold.filter(({ cluster }) => cluster === name).length}`,
    );
    return `fold ${fold}      ${formatCount(inFold.length, 'image')}: ${counts.join(', ')}`;
  });
  const groups = new Set(all.map(({ group }) => group)).size;
  return [
    ...lines,
    `groups      ${formatCount(all.length, 'image')} in ${formatCount(groups, 'group')}`,
    ...(isKeeping ? [`kept        ${formatCount(kept, 'image')}, ${all.length - kept} new`] : []),
    `dataset     ${dataset}`,
    `written     ${out}`,
  ].join('\n');
}
