import { exitCodes, type Problem } from '../../errors.js';
import { formatCount } from '../../report/numbers.js';
import type { Command, CommandGroup } from '../command.js';
import { imagesInWords } from '../global-options.js';
import { wholeNumber } from '../number-options.js';
import { type PlaneArguments, withPlanes } from '../plane-options.js';
import { withShardCodes } from '../shard/shard-exit.js';

type PlanArguments = {
  images: string[];
  shards: string;
  'region-size': string | undefined;
  out: string;
} & PlaneArguments;

/** px: regions that are hardly larger than a tile of the networks make more work than they divide. */
const leastRegion = 256;

const planCommand: Command<PlanArguments> = {
  usage: 'plan <images..>',
  describe: 'Divide images, and regions of huge ones, into shards that are predicted apart',
  examples: [
    [
      'nucleate shard plan examples/dsb2018-mini --shards 4 --out plan.json',
      'four parts for four machines; next: nucleate predict --plan',
    ],
  ],
  builder: (parser) =>
    withPlanes(
      parser
        .positional('images', {
          type: 'string',
          array: true,
          demandOption: true,
          describe: imagesInWords,
        })
        .option('shards', {
          type: 'string',
          demandOption: true,
          requiresArg: true,
          describe: 'How many shards; each has about as many pixels as the others',
        })
        .option('region-size', {
          type: 'string',
          requiresArg: true,
          describe: `Cut images with a longer side into regions of at most this side, px of the image, ${leastRegion} or more; default: none is cut`,
        })
        .option('out', {
          type: 'string',
          requiresArg: true,
          default: 'plan.json',
          describe: 'The file to write; it names images by their paths from its folder',
        }),
      'or each',
    ),
  async handler({ images: paths, shards, 'region-size': side, out, channel, plane }, terminal) {
    const count = wholeNumber('shards', shards, 1);
    const regionSize = side === undefined ? undefined : wholeNumber('region-size', side, leastRegion);
    await withShardCodes(async () => {
      const [{ listImages }, { leftOutLine }, { planeChoice }, { makePlan }] = await Promise.all([
        import('../../predict/inputs/list-images.js'),
        import('../../predict/inputs/left-out.js'),
        import('../../data/image/plane-choice.js'),
        import('../../shard/make-plan.js'),
      ]);
      const planes = planeChoice({ channel, plane });
      const listed = await listImages(paths);
      try {
        const progress = terminal.progress('reading', listed.images.length);
        const warn = ({ what, where, hint }: Problem) =>
          terminal.warn([where && `${where}:`, what, hint].filter(Boolean).join(' '));
        const plan = await makePlan(listed, {
          ...{ out, shards: count, paths, planes, ...(regionSize !== undefined && { regionSize }) },
          onImage: (done) => progress.update(done),
          onFailure: warn,
        });
        const regions = plan.images.flatMap(({ cut }) => cut?.regions ?? []).length;
        const { leftOut } = listed;
        const lines = [
          `planned     ${formatCount(plan.images.length, 'image')}${regions > 0 ? `, ${regions} regions` : ''} in ${formatCount(count, 'shard')}`,
          `written     ${out}`,
          `next        nucleate predict --plan ${out} --shard 0${count > 1 ? `, and so on to ${count - 1}` : ''}`,
          ...(leftOut.length > 0 ? [leftOutLine(leftOut)] : []),
        ];
        const value = { plan: out, images: plan.images.length, regions, shards: count, leftOut };
        terminal.result({ text: lines.join('\n'), value });
      } finally {
        await listed.close();
      }
    });
  },
};

type MergeArguments = { plan: string; out: string; 'allow-missing': boolean };

const mergeCommand: Command<MergeArguments> = {
  usage: 'merge',
  describe: 'Put the results of all shards together, with a manifest that has each planned image once',
  examples: [
    [
      'P="--plan p.json --out sharded"; S=examples/dsb2018-mini/d*.png\n' +
        '  nucleate shard plan $S --shards 2 --out p.json\n' +
        '  nucleate predict $P --shard 0; nucleate predict $P --shard 1\n' +
        '  nucleate shard merge $P',
      'plan, predict, merge',
    ],
  ],
  builder: (parser) =>
    parser
      .option('plan', {
        type: 'string',
        demandOption: true,
        requiresArg: true,
        describe: 'The plan: a file of `nucleate shard plan`',
      })
      .option('out', {
        type: 'string',
        requiresArg: true,
        default: 'nuclei',
        describe: 'The folder that was given to `nucleate predict --plan`; results go there, too',
      })
      .option('allow-missing', {
        type: 'boolean',
        default: false,
        describe: 'End with exit code 0 even if images have no results; they are listed all the same',
      }),
  async handler({ plan: place, out, 'allow-missing': allowMissing }, terminal) {
    await withShardCodes(async () => {
      const [{ readShardPlan }, { mergeShards }] = await Promise.all([
        import('../../shard/plan.js'),
        import('../../shard/merge-shards.js'),
      ]);
      const plan = await readShardPlan(place);
      const progress = terminal.progress('merging', plan.images.length);
      const merged = await mergeShards(plan, { out, onImage: (done) => progress.update(done) });
      const { images, nuclei, missing, unfinished, devices, manifest, failures } = merged;
      if (devices.length > 1) {
        terminal.warn(
          `Shards were predicted on ${devices.join(' and ')}, whose masks differ by pixels: give --device to every shard.`,
        );
      }
      const counts = [
        `${formatCount(images, 'image')}, ${formatCount(nuclei, 'nucleus', 'nuclei')}`,
        ...(missing.length > 0 ? [`${missing.length} missing, see ${failures}`] : []),
      ];
      terminal.result({
        text: [
          `merged      ${counts.join('; ')}`,
          ...(unfinished.length > 0 ? [`not ended   ${shardList(unfinished)}`] : []),
          `written     ${manifest}`,
        ].join('\n'),
        value: merged,
      });
      if (allowMissing || missing.length === 0) return;
      process.exitCode = missing.some(({ again }) => again) ? exitCodes.again : exitCodes.never;
    });
  },
};

/** `shards 3, 7, 8`; more than a few are counted. */
const shardList = (shards: readonly number[]): string =>
  `${shards.length === 1 ? 'shard' : 'shards'} ${shards.slice(0, 10).join(', ')}${shards.length > 10 ? `, and ${shards.length - 10} more` : ''}`;

export const shardCommands: CommandGroup = {
  name: 'shard',
  describe: 'Predict many images, or huge ones, in parts on several machines',
  commands: [planCommand, mergeCommand],
};
