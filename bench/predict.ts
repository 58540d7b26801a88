/**
 * Whole processes that predict a folder of images, in turns: `nucleate predict`, StarDist, Cellpose's network, Mask R-CNN.
 *
 *     npm run bench -- predict IMAGES [--model models/nucleate-stains] [--rounds 3] [--contenders stardist] [--out predict.json]
 *
 * IMAGES is a folder of images that Pillow reads. The others need `npx tsx bench/python-environment.ts` once; their networks have
 * random weights, see bench/python/*_predict.py, and they draw as many nuclei as nucleate finds. All write label images. Prints
 * medians of wall time, processor time and peak memory, start-up included, of the seconds an image between the first and the last
 * label image, and nucleate's as fractions of theirs. Where other programs keep the processors busy there is no fraction: PyTorch
 * and TensorFlow fall apart on them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodes, NucleateError } from '../src/errors.js';
import { textTable } from '../src/report/text-table.js';
import { contenderNamed, describeMissing } from './contenders.js';
import { findPython } from './python-environment.js';

interface Used {
  /** s. */
  readonly wall: number;
  /** s an image, between the first and the last label image. */
  readonly steady: number;
  /** s, of all processors together. */
  readonly cpu: number;
  /** MiB, of the largest process. */
  readonly memory: number;
}

/** Other programs may keep this many processors busy; more disturb the times by more than a tenth. */
const mostLoad = 0.2;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'models/nucleate-stains' },
    rounds: { type: 'string', default: '3' },
    contenders: { type: 'string', default: 'stardist,cellpose,mask_rcnn' },
    out: { type: 'string', default: 'predict.json' },
  },
});
const [images] = positionals;
if (images === undefined) {
  throw new NucleateError({
    what: 'No images are given.',
    hint: 'npm run bench -- predict FOLDER',
    exitCode: exitCodes.usage,
  });
}
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-bench-'));
const counts = path.join(folder, 'counts.json');
const script = (name: string) => path.join(import.meta.dirname, 'python', name);
const launcher = path.join(import.meta.dirname, '../bin/nucleate.js');
const contenders: Record<string, (out: string) => string[]> = {
  nucleate: (out) => {
    const asked = [
      '--model',
      values.model,
      '--format',
      'labels',
      '--format',
      'table',
      '--quiet',
      '--out',
      out,
    ];
    return [process.execPath, launcher, 'predict', images, ...asked];
  },
};
/** By the names of their scripts. */
const rivals = {
  stardist: 'StarDist',
  cellpose: "Cellpose's network, random weights",
  mask_rcnn: 'Mask R-CNN of torchvision',
} as const;
const rivalNames = Object.keys(rivals) as (keyof typeof rivals)[];
const asked = values.contenders
  .split(',')
  .filter(Boolean)
  .map((name) => contenderNamed(name, rivalNames));
const python = findPython();
if (python === undefined && asked.length > 0)
  process.stderr.write(`${describeMissing(asked.map((name) => rivals[name]))}\n`);
for (const name of python === undefined ? [] : asked)
  contenders[rivals[name]] = (out) => [python!, script(`${name}_predict.py`), images, counts, out];

const idle = loadavg()[0]! <= mostLoad;
const times: Record<string, Used[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, commandOf] of Object.entries(contenders)) {
      const out = path.join(folder, name);
      times[name]!.push(measure(name, commandOf(out), out));
      if (name === 'nucleate' && round === 0) countNuclei(path.join(out, 'table'));
      rmSync(out, { recursive: true });
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const medians = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, medianOf(all)]));
const { nucleate: own, ...others } = medians;
const rows = Object.entries(medians).map(([name, { wall, steady, cpu, memory }]) => [
  ...[name, wall.toFixed(1), steady.toFixed(2), cpu.toFixed(1), memory.toFixed(0)],
]);
console.log(textTable([['', 'wall, s', 's an image', 'processors, s', 'memory, MiB'], ...rows]));
const ratio = (rival: Used) =>
  (['wall', 'steady', 'cpu', 'memory'] as const).map((key) => (own![key] / rival[key]).toFixed(2));
if (idle && Object.keys(others).length > 0) {
  const ratios = Object.entries(others).map(([name, rival]) => [`nucleate / ${name}`, ...ratio(rival)]);
  console.log(`\n${textTable([['', 'wall', 'an image', 'processors', 'memory'], ...ratios])}`);
}
if (!idle)
  console.log('Other programs keep the processors busy: no ratios. Stop them, wait a minute, and try again.');
writeFileSync(values.out, `${JSON.stringify({ cpu: cpus()[0]?.model, idle, times }, null, 2)}\n`);

/** @param out Where the command writes its label images. */
function measure(name: string, command: readonly string[], out: string): Used {
  const { status, stdout } = spawnSync('python3', [script('measure.py'), ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return { ...(JSON.parse(stdout) as Omit<Used, 'steady'>), steady: secondsBetween(out) };
  throw new NucleateError({
    what: `${name} ended with exit code ${status}; its messages are above.`,
    hint: 'Run the command by hand.',
    exitCode: exitCodes.environment,
  });
}

/** s; mean time from one label image in a folder to the next. */
function secondsBetween(folder: string): number {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) =>
    /\.(png|tif)$/u.test(file),
  );
  const written = files.map((file) => statSync(path.join(folder, file)).mtimeMs);
  return (Math.max(...written) - Math.min(...written)) / 1000 / (written.length - 1);
}

/** Writes how many nuclei each image has, by the tables that nucleate has written. */
function countNuclei(tables: string): void {
  const found = new Map(
    readdirSync(tables).map((file) => {
      const lines = readFileSync(path.join(tables, file), 'utf8').trim().split('\n');
      return [path.parse(file).name, lines.length - 1];
    }),
  );
  const names = readdirSync(images!);
  writeFileSync(
    counts,
    JSON.stringify(Object.fromEntries(names.map((name) => [name, found.get(path.parse(name).name) ?? 0]))),
  );
}

function medianOf(all: readonly Used[]): Used {
  const median = (key: keyof Used) => all.map((one) => one[key]).toSorted((a, b) => a - b)[all.length >> 1]!;
  return { wall: median('wall'), steady: median('steady'), cpu: median('cpu'), memory: median('memory') };
}
