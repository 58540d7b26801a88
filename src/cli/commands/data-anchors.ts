import type { AnchorSet, Coverage } from '../../data/check/anchor-statistics.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { withDataset } from '../global-options.js';
import { type LabelArguments, labelReading } from '../label-options.js';
import { positiveNumber, positiveNumbers, wholeNumber } from '../number-options.js';
import { type PlaneArguments, planesOfDataset } from '../plane-options.js';

type Arguments = LabelArguments &
  PlaneArguments & {
    path: string;
    labels: string | undefined;
    scales: string;
    stride: string;
    sizes: string | undefined;
    ratios: string | undefined;
    'size-count': string;
    'ratio-count': string;
  };

/** How well one set of anchors covers the boxes at one magnification. */
interface Row extends Coverage {
  readonly anchors: 'fitted' | 'given';
  readonly scale: number;
  /** px of the network input. */
  readonly sizes: readonly number[];
  readonly aspectRatios: readonly number[];
}

export const dataAnchorsCommand: Command<Arguments> = {
  usage: 'anchors <path>',
  describe:
    'Fit anchor sizes and aspect ratios to the boxes of a dataset, and show how many boxes they cover',
  examples: [
    ['nucleate data anchors examples/dsb2018-mini', 'fitted anchors at magnifications 1, 2 and 4'],
    ['nucleate data anchors examples/dsb2018-mini --sizes 16,32,64 --scales 2', 'also rate these anchors'],
  ],
  builder: (parser) =>
    withDataset(parser)
      .option('scales', {
        type: 'string',
        requiresArg: true,
        default: '1,2,4',
        describe: 'Magnifications (loader.zoom) at which to compare boxes with anchors',
      })
      .option('stride', {
        type: 'string',
        requiresArg: true,
        default: '16',
        describe: 'Distance between anchors, px of the network input',
      })
      .option('sizes', {
        type: 'string',
        requiresArg: true,
        describe: 'Anchors to rate: square roots of their areas, px of the network input',
      })
      .option('ratios', {
        type: 'string',
        requiresArg: true,
        describe: 'Aspect ratios of the anchors to rate, height / width (default 1)',
      })
      .option('size-count', {
        type: 'string',
        requiresArg: true,
        default: '5',
        describe: 'Number of sizes to fit',
      })
      .option('ratio-count', {
        type: 'string',
        requiresArg: true,
        default: '3',
        describe: 'Number of aspect ratios to fit',
      }),
  async handler(args, terminal) {
    const scales = positiveNumbers('scales', args.scales);
    const stride = positiveNumber('stride', args.stride);
    const given: AnchorSet | undefined =
      args.sizes === undefined
        ? undefined
        : {
            sizes: positiveNumbers('sizes', args.sizes),
            aspectRatios: positiveNumbers('ratios', args.ratios ?? '1'),
          };
    const counts = {
      sizes: wholeNumber('size-count', args['size-count'], 1),
      aspectRatios: wholeNumber('ratio-count', args['ratio-count'], 1),
    };
    const [{ readDataset }, { measureInstances }, { bestIous, coverageOf, fitAnchors }] = await Promise.all([
      import('../../data/read/dataset.js'),
      import('../../data/geometry/label-image.js'),
      import('../../data/check/anchor-statistics.js'),
    ]);
    const all: number[] = [];
    let images = 0;
    for await (const { labelImage, instanceCount } of readDataset(args.path, {
      labels: args.labels,
      ...labelReading(args),
      planes: planesOfDataset(args),
    })) {
      images++;
      for (const side of measureInstances(labelImage, instanceCount).boxes) all.push(side);
    }
    const boxes = Float32Array.from(all);
    const fitted = fitAnchors(boxes, counts);
    const rows = scales.flatMap((scale) => {
      const scaled = { sizes: fitted.sizes.map((size) => size * scale), aspectRatios: fitted.aspectRatios };
      const sets = given
        ? ([
            ['fitted', scaled],
            ['given', given],
          ] as const)
        : ([['fitted', scaled]] as const);
      return sets.map(([anchors, set]): Row => ({
        anchors,
        scale,
        ...set,
        ...coverageOf(bestIous(boxes, set, { scale, stride })),
      }));
    });
    const count = boxes.length / 4;
    const value = { path: args.path, images, boxes: count, stride, fitted, coverage: rows };
    const { textTable } = await import('../../report/text-table.js');
    terminal.result({ text: describe(value, textTable), value });
  },
};

interface Result {
  readonly images: number;
  readonly boxes: number;
  readonly stride: number;
  readonly fitted: AnchorSet;
  readonly coverage: readonly Row[];
}

function describe(
  { images, boxes, stride, fitted, coverage }: Result,
  table: (rows: string[][]) => string,
): string {
  const list = (numbers: readonly number[], digits: number) =>
    numbers.map((number) => String(Number(number.toFixed(digits)))).join(', ');
  const percent = (fraction: number) => `${(100 * fraction).toFixed(1)} %`;
  const header = ['anchors', 'scale', 'IoU >= 0.5', 'IoU >= 0.7', 'mean IoU', 'sizes, px of the input'];
  const rows = coverage.map((row) => [
    row.anchors,
    String(row.scale),
    percent(row.atIou50),
    percent(row.atIou70),
    row.meanIou.toFixed(3),
    list(row.sizes, 1),
  ]);
  return [
    `${formatCount(boxes, 'box', 'boxes')} in ${formatCount(images, 'image')}`,
    `fitted sizes   ${list(fitted.sizes, 1)} px of the image (square root of the area)`,
    `fitted ratios  ${list(fitted.aspectRatios, 2)} (height / width)`,
    '',
    `Boxes covered by their best anchor, stride ${stride} px of the input:`,
    table([header, ...rows]),
  ].join('\n');
}
