import { readdirSync, readFileSync } from 'node:fs';
import { exitCodeTable } from '../../src/cli/exit-codes.js';
import { layouts } from '../../src/data/read/layouts.js';
import { metrics } from '../../src/eval/metrics/metrics.js';
import { outputFormats } from '../../src/predict/formats/output-formats.js';
import { generated, table } from './markdown.js';

/** The metrics with their edge cases, from their definitions. */
export const metricsPage = (): string =>
  [
    generated('Metrics', 'the definitions in `src/eval/metrics`'),
    'What `nucleate eval` computes of label images. How it is read: [evaluation](../eval.md). A nucleus is a hit at a threshold if',
    'its IoU with a true nucleus is strictly above it.\n',
    table(
      ['Metric', 'Key in JSON', 'Definition', 'Range', 'Edge cases'],
      metrics.map(({ key, label, description, specialCase = 'none', range }) => [
        label,
        `\`${key}\``,
        description,
        range.join(' to '),
        specialCase,
      ]),
    ),
  ].join('\n');

/** Exit codes, layouts and formats. */
export const formatsPage = (): string =>
  [
    generated('Formats', 'the definitions of layouts and output formats'),
    'What the files hold in detail: [commands](../commands.md#predict), [datasets](../datasets.md),',
    'and the [schema of the output of `eval`](../eval.md).\n',
    '## Dataset layouts\n',
    table(
      ['Layout', 'What it is', 'Arrangement'],
      layouts.map(({ name, describe, arrangement }) => [name, describe, arrangement]),
    ),
    '\n## Output formats\n',
    table(
      ['`--format`', 'What it is'],
      Object.entries(outputFormats).map(([name, { describe }]) => [`\`${name}\``, describe]),
    ),
    '\n## Exit codes\n',
    `\`\`\`text\n${exitCodeTable}\n\`\`\`\n\nIn more words: [exit codes](../exit-codes.md).`,
  ].join('\n');

interface TunedModel {
  readonly name: string;
  readonly created: string;
  readonly tuned?: {
    readonly images?: number;
    readonly heldOut?: {
      readonly score: number;
      readonly clusters: Readonly<Record<string, { readonly images: number; readonly score: number }>>;
    };
  };
}

/** The scores that the models of the repository carry, and other results that lie there as JSON. */
export function benchmarksPage(root: string): string {
  const models = ['models', 'experiments'].flatMap((folder) =>
    readdirSync(`${root}/${folder}`, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => `${folder}/${entry.name}/model.json`)
      .flatMap((file) => readJson<TunedModel>(`${root}/${file}`).map((model) => ({ file, model }))),
  );
  const rows = models.flatMap(({ file, model: { created, tuned } }) => {
    if (!tuned?.heldOut) return [];
    const { score, clusters } = tuned.heldOut;
    const images = Object.values(clusters).reduce((sum, cluster) => sum + cluster.images, 0);
    return [
      [`\`${file}\``, created.slice(0, 10), 'all', String(images), score.toFixed(3)],
      ...Object.entries(clusters).map(([name, cluster]) => [
        '',
        '',
        name,
        String(cluster.images),
        cluster.score.toFixed(3),
      ]),
    ];
  });
  return [
    generated('Benchmarks', 'the `model.json` files of the repository'),
    'Challenge score on held-out images, thresholds chosen on one half and scored on the other. The commands that repeat it,',
    'other measurements and the failures: [results](../results.md) and [log of experiments](../project/experiments-log.md).\n',
    table(['Model', 'Made', 'Modality', 'Images', 'Challenge score'], rows),
    '\nSpeed and memory beside Python: `npm run bench` in a clone writes `bench.json`, with the machine that it ran on.',
  ].join('\n');
}

function readJson<Content>(file: string): Content[] {
  try {
    return [JSON.parse(readFileSync(file, 'utf8')) as Content];
  } catch {
    return [];
  }
}
