import type { CheckResult } from '../../data/check/check-dataset.js';
import { exitCodes } from '../../errors.js';
import type { Command } from '../command.js';
import { withDataset } from '../global-options.js';
import { writeText } from '../write-text.js';

const sample = 'examples/dsb2018-mini';

/** Findings that are printed; all are in --json and --html. */
const maxLines = 200;

type CheckArguments = {
  path: string;
  labels: string | undefined;
  split: string | undefined;
  html: string | undefined;
  strict: boolean;
};

export const dataCheckCommand: Command<CheckArguments> = {
  usage: 'check <path>',
  describe: 'Find what is wrong with a dataset, and measure it',
  examples: [
    [`nucleate data check ${sample}`, 'what was found, and a summary'],
    [`nucleate data check ${sample} --html check.html`, 'with pictures of the problems'],
    [`nucleate data check ${sample} --json`, 'for other programs'],
  ],
  builder: (parser) =>
    withDataset(parser)
      .option('split', { type: 'string', requiresArg: true, describe: 'Look for leaks in this split' })
      .option('html', {
        type: 'string',
        requiresArg: true,
        describe: 'Write a page with pictures of the problems',
      })
      .option('strict', { type: 'boolean', default: false, describe: 'Exit with 3 for warnings, too' }),
  async handler({ path, labels, split: splitPath, html, strict }, terminal) {
    const [{ openDataset }, { checkDataset }, { readSplit }] = await Promise.all([
      import('../../data/read/dataset.js'),
      import('../../data/check/check-dataset.js'),
      import('../../data/split/split-file.js'),
    ]);
    const split = splitPath === undefined ? undefined : await readSplit(splitPath);
    const dataset = await openDataset(path, { labels });
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
  const { description, identity, images, readable, masks, nuclei, errors, warnings } = summary;
  const { sizes, nucleiPerImage: counts, nucleusArea: areas, modalities, neighbours } = summary;
  const listed = findings.slice(0, maxLines).map(({ severity, kind, where, image, what }) => {
    const place = where ?? image;
    return `${severity.padEnd(7)}  ${kind.padEnd(15)}  ${what}${place === undefined ? '' : `  ${place}`}`;
  });
  const left = findings.length - listed.length;
  if (left > 0) listed.push(`... and ${left} more; --json and --html show them`);
  const kinds = new Map<string, number>();
  for (const { kind } of findings) kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
  const counted = [...kinds].map(([kind, count]) => `${count} ${kind}`).join(', ');
  return [
    ...listed,
    ...(listed.length > 0 ? [''] : []),
    `dataset     ${description}`,
    `identity    ${identity}`,
    `images      ${images}${readable < images ? `, of which ${images - readable} cannot be read` : ''}`,
    `masks       ${masks}, which make ${nuclei} nuclei`,
    `nuclei      an image: median ${counts.median}, 95 % ${counts.p95}, most ${counts.most}`,
    `area        px: 1 % ${areas.p1}, median ${areas.median}, 99 % ${areas.p99}, most ${areas.most}`,
    `sizes       ${sizes.map((size) => `${size.width} x ${size.height}: ${size.images}`).join(', ')}`,
    `modalities  ${Object.entries(modalities)
      .map(([name, count]) => `${name} ${count}`)
      .join(', ')}`,
    `neighbours  ${neighbours} pairs of images continue each other`,
    `problems    ${errors} errors, ${warnings} warnings${counted === '' ? '' : `: ${counted}`}`,
  ].join('\n');
}
