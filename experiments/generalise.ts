/**
 * How a model does on images unlike those that it was trained on: one table, and JSON with more.
 *
 *     npx tsx experiments/generalise.ts OUT.json LINE... [--settings-of MODEL] [key=value...]
 *
 * A LINE is `NAME=MODEL[+MODEL]@DATASET[#SPLIT:FOLD]`: a model folder, or the runs of a detector and a segmenter, on a
 * dataset or a fold of it. Of more than 70 images every nth by id is taken. `scoreThreshold=0.3` and the like change a
 * setting of the assembly; without it each line has its model's own settings, runs those of `--settings-of`.
 */
import { writeFileSync } from 'node:fs';
import { AssembleSettings } from '../src/config/assemble.js';
import { startRuntime } from '../src/engine/runtime.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { textTable } from '../src/report/text-table.js';
import { type LineMetrics, lineMetrics, readLine } from './yardstick.js';

const [out, ...rest] = process.argv.slice(2);
const at = rest.indexOf('--settings-of');
const [, folder] = at === -1 ? [] : rest.splice(at, 2);
const lines = rest.filter((word) => word.includes('@'));
if (out === undefined || lines.length === 0)
  throw new Error('Usage: generalise.ts <out.json> <line...> [--settings-of <model>] [key=value...]');
const common = folder === undefined ? undefined : (await readModelFolder(folder)).file.assemble;
const changes = Object.fromEntries(
  rest
    .filter((word) => !word.includes('@'))
    .map((word) => {
      const [key, value] = word.split('=') as [string, string];
      return [key, /^[\d.-]+$/u.test(value) ? Number(value) : value];
    }),
);
await startRuntime('auto');
const results: Record<string, LineMetrics & { settings: AssembleSettings; total: number }> = {};
for (const written of lines) {
  const line = await readLine(written);
  const settings = AssembleSettings.parse({ ...(line.settings ?? common), ...changes });
  results[line.name] = { ...lineMetrics(line.images, settings), settings, total: line.total };
  process.stderr.write(`${line.name}\n`);
}
writeFileSync(out, `${JSON.stringify({ command: process.argv.slice(2), lines: results }, null, 1)}\n`);

const number = (value: number | null) => (value === null ? '-' : value.toFixed(3));
const two = (value: number | null) => (value === null ? '-' : value.toFixed(2));
process.stdout.write(
  `${textTable([
    [
      ...['', 'images', 'score', 'prec', 'recall', 'small', 'medium', 'large', 'faint', 'mid', 'strong'],
      ...['area', 'IoU', 'missed', 'merged', 'extra', 'right by score .1 .3 .5 .7 .9'],
    ],
    ...Object.entries(results).map(([name, metrics]) => [
      name,
      metrics.images === metrics.total ? String(metrics.total) : `${metrics.images} of ${metrics.total}`,
      number(metrics.score),
      number(metrics.precision),
      number(metrics.recall),
      ...[...metrics.bySize, ...metrics.byContrast].map(({ recall }) => two(recall)),
      two(metrics.areaRatio),
      two(metrics.matchedIou),
      ...Object.values(metrics.errors).map(String),
      [1, 3, 5, 7, 9].map((bin) => two(metrics.calibration[bin]!.right)).join(' '),
    ]),
  ])}\n`,
);
