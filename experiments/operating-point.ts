/**
 * Which settings of the assembly suit images unlike those that a model was trained on, and what they cost on images
 * like them: each line counts the same, the models have not seen the kind.
 *
 *     npx tsx experiments/operating-point.ts LINE... --home LINE --settings-of MODEL
 *
 * Lines as in experiments/generalise.ts; `scoreThreshold=0.45` changes where it starts. Prints the score of each line with
 * each setting changed alone; with `--choose` (many minutes), also the settings that one change after the other makes best
 * for the mean of the lines, for lines and home alike, and for all lines but one.
 */
import type { AssembleSettings } from '../src/config/assemble.js';
import { startRuntime } from '../src/engine/runtime.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { scoreImages } from '../src/predict/tune-settings.js';
import { textTable } from '../src/report/text-table.js';
import { type Line, mean, readLine } from './yardstick.js';

const words = process.argv.slice(2);
const option = (name: string) => {
  const at = words.indexOf(name);
  return at === -1 ? undefined : words.splice(at, 2)[1]!;
};
const isThorough = words.includes('--choose');
if (isThorough) words.splice(words.indexOf('--choose'), 1);
const changes = words.filter((word) => !word.includes('@') && word.includes('='));
const homePath = option('--home');
const folder = option('--settings-of');
if (homePath === undefined || folder === undefined || words.length === 0)
  throw new Error('Usage: operating-point.ts <line...> --home <line> --settings-of <model>');
const start = {
  ...(await readModelFolder(folder)).file.assemble,
  ...Object.fromEntries(changes.map((change) => [change.split('=')[0]!, Number(change.split('=')[1])])),
};
await startRuntime('auto');
const lines: Line[] = [];
for (const written of [...words.filter((word) => word.includes('@')), homePath])
  lines.push(await readLine(written));
const home = lines.at(-1)!;
const strange = lines.slice(0, -1);

const known = new Map<string, number>();
function score({ name, images }: Line, settings: AssembleSettings): number {
  const key = name + JSON.stringify(settings);
  const value = known.get(key) ?? mean(scoreImages(images, settings));
  known.set(key, value);
  return value;
}
const show = (settings: AssembleSettings) => [
  ...lines.map((line) => score(line, settings).toFixed(3)),
  mean(strange.map((line) => score(line, settings))).toFixed(4),
];

const header = ['', ...lines.map(({ name }) => name), 'mean without home'];
/** Fewer values than `nucleate tune` tries, since several lines are scored with each. */
const tried: { readonly [Key in keyof AssembleSettings]?: readonly AssembleSettings[Key][] } = {
  scoreThreshold: [0.3, 0.35, 0.4, 0.45, 0.5, 0.55],
  maskThreshold: [0.35, 0.4, 0.45, 0.5, 0.55],
  nmsThreshold: [0.1, 0.2, 0.3, 0.5],
  maxLost: [0.1, 0.2, 0.3, 0.5],
  scoreBy: ['detection', 'product'],
  borderWeight: [0, 0.25, 0.5],
  overlap: ['score', 'probability'],
  minArea: [10, 20, 30],
};
const keys = Object.keys(tried) as (keyof AssembleSettings)[];
const values = (key: keyof AssembleSettings) => tried[key]!;
for (const key of keys) {
  const rows = values(key).map((value) => [`${key} ${value}`, ...show({ ...start, [key]: value })]);
  process.stdout.write(`${textTable([header, ...rows])}\n\n`);
}
if (!isThorough) process.exit();

/** One setting after the other at its best value, until a round changes nothing. */
function choose(objective: (settings: AssembleSettings) => number): AssembleSettings {
  let settings = start;
  for (let round = 0; round < 3; round++) {
    const before = settings;
    for (const key of keys) {
      for (const value of values(key)) {
        const changed = { ...settings, [key]: value };
        if (objective(changed) > objective(settings) + 1e-4) settings = changed;
      }
    }
    if (before === settings) break;
  }
  return settings;
}
const ofStrange = (settings: AssembleSettings) => mean(strange.map((line) => score(line, settings)));
const chosen = {
  'as it is': start,
  'for the strange lines': choose(ofStrange),
  'strange and home, half each': choose((settings) => (ofStrange(settings) + score(home, settings)) / 2),
  // Each line by settings that it did not choose.
  ...Object.fromEntries(
    strange.map((left) => [
      `for the others than ${left.name}`,
      choose((settings) =>
        mean(strange.filter((line) => line !== left).map((line) => score(line, settings))),
      ),
    ]),
  ),
};
process.stdout.write(
  `${textTable([header, ...Object.entries(chosen).map(([name, settings]) => [name, ...show(settings)])])}\n`,
);
for (const [name, settings] of Object.entries(chosen)) {
  const changed = Object.entries(settings).filter(
    ([key, value]) => start[key as keyof AssembleSettings] !== value,
  );
  process.stdout.write(`${name}: ${changed.map((entry) => entry.join('=')).join(' ') || '-'}\n`);
}
