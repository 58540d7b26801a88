import { cleanLine } from '../../clean-text.js';
import type { CheckResult, DatasetSummary } from '../../data/check/check-dataset.js';
import { exitCodes } from '../../errors.js';
import { formatCount } from '../../report/numbers.js';
import type { Command } from '../command.js';
import { withDatasets } from '../global-options.js';
import { type LabelArguments, labelReading } from '../label-options.js';
import { type PlaneArguments, planesOfDataset } from '../plane-options.js';
import { writeText } from '../write-text.js';

const sample = 'examples/dsb2018-mini';

/** Problems that are printed; --json has all. */
const maxLines = 200;

type CheckArguments = PlaneArguments & {
  paths: string[];
  labels: string | undefined;
  split: string | undefined;
  html: string | undefined;
  strict: boolean;
} & LabelArguments;

export const dataCheckCommand: Command<CheckArguments> = {
  usage: 'check <paths..>',
  describe: 'Find problems in a dataset, and summarise it',
  examples: [
    [`nucleate data check ${sample}`, 'print the problems and a summary'],
    [`nucleate data check ${sample} --html check.html`, 'also write a page with pictures of the problems'],
    [`nucleate data check ${sample} --json`, 'print one JSON document'],
  ],
  builder: (parser) =>
    withDatasets(parser)
      .option('split', {
        type: 'string',
        requiresArg: true,
        describe: 'Split file: report images that belong together but are in different folds',
      })
      .option('html', {
        type: 'string',
        requiresArg: true,
        describe: 'HTML file to write, with pictures of the problems',
      })
      .option('strict', {
        type: 'boolean',
        default: false,
        describe: 'Exit with code 3 if there are warnings',
      }),
  async handler({ paths, labels, split: splitPath, html, strict, ...reading }, terminal) {
    const [{ openDatasets }, { checkDataset }, { readSplit }] = await Promise.all([
      import('../../data/read/joined-datasets.js'),
      import('../../data/check/check-dataset.js'),
      import('../../data/split/split-file.js'),
    ]);
    const split = splitPath === undefined ? undefined : await readSplit(splitPath);
    const dataset = await openDatasets(paths, {
      labels,
      ...labelReading(reading),
      planes: planesOfDataset(reading),
    });
    try {
      const progress = terminal.progress('checking', dataset.images.length);
      const result = await checkDataset(dataset, { split, onImage: (done) => progress.update(done) });
      if (html !== undefined) {
        const { checkPage } = await import('../../report/check-page.js');
        await writeText(html, await checkPage(dataset, result), 'page');
      }
      terminal.result({ text: checkText(result), value: result });
      const { errors, warnings } = result.summary;
      if (errors > 0 || (strict && warnings > 0)) process.exitCode = exitCodes.data;
    } finally {
      await dataset.close();
    }
  },
};

function checkText({ summary, findings }: CheckResult): string {
  const { description, identity, images, readable, errors, warnings } = summary;
  const listed = findings.slice(0, maxLines).map(({ severity, kind, where, image, what, hint = '' }) => {
    const place = where ?? image ?? '';
    const line = `${severity.padEnd(7)}  ${kind.padEnd(15)}  ${`${what} ${hint}`.trim()}  ${place}`.trimEnd();
    // A line break in the name of a file must not make a line of its own.
    return cleanLine(line);
  });
  const left = findings.length - listed.length;
  if (left > 0) listed.push(`... and ${left} more; --json prints all`);
  const kinds = new Map<string, number>();
  for (const { kind } of findings) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const counted = [...kinds].map(([kind, count]) => formatCount(count, kind, kind)).join(', ');
  return [
    ...listed,
    ...(listed.length > 0 ? [''] : []),
    `dataset     ${description}`,
    `identity    ${identity}`,
    `images      ${images}${readable < images ? `, of which ${images - readable} cannot be read` : ''}`,
    ...(readable === 0 ? [] : measuredLines(summary)),
    `problems    ${formatCount(errors, 'error')}, ${formatCount(warnings, 'warning')}${counted === '' ? '' : `: ${counted}`}`,
  ].join('\n');
}

/** What was measured on the images that could be read. */
function measuredLines(summary: DatasetSummary): string[] {
  const {
    masks,
    nuclei,
    sizes,
    nucleiPerImage: counts,
    nucleusArea: areas,
    modalities,
    neighbours,
    leftOut,
    unreviewed,
  } = summary;
  const bySize = sizes.map(
    ({ width, height, images }) => `${width} x ${height} px: ${formatCount(images, 'image')}`,
  );
  const byModality = Object.entries(modalities).map(([name, count]) => `${name} ${count}`);
  return [
    `masks       ${masks.toLocaleString('en')}, read as ${formatCount(nuclei, 'nucleus', 'nuclei')}`,
    ...(leftOut.length === 0
      ? []
      : [`left out    ${leftOut.map(({ what, count }) => `${what} (${count})`).join(', ')}`]),
    `nuclei      per image: median ${counts.median}, 95th percentile ${counts.p95}, maximum ${counts.most}`,
    `area        of a mask, px: 1st percentile ${areas.p1}, median ${areas.median}, 99th ${areas.p99}, maximum ${areas.most}`,
    `sizes       ${bySize.join(', ')}`,
    `modalities  ${byModality.join(', ')}`,
    `neighbours  ${formatCount(neighbours, 'pair')} of neighbouring crops of one field`,
    ...(unreviewed.images > 0 ? [`unreviewed  ${unreviewedText(unreviewed)}`] : []),
  ];
}

/** `12.5 % of the pixels, in 2 images, and 3 nuclei there: they are neither learnt nor scored`. */
const unreviewedText = ({ images, share, masks }: DatasetSummary['unreviewed']) =>
  `${(100 * share).toFixed(1)} % of the pixels, in ${formatCount(images, 'image')}, and ` +
  `${formatCount(masks, 'nucleus', 'nuclei')} there: neither learnt nor scored`;
