/**
 * Whole processes that predict a folder of images, in turns: `nucleate predict` and StarDist.
 *
 *     npm run bench -- predict-process IMAGES [--model models/nucleate-stains] [--rounds 3] [--python PYTHON] [--out predict-process.json]
 *
 * IMAGES is a folder of PNG files. PYTHON has StarDist (default: that of `npx tsx bench/python-environment.ts`); its network has
 * random weights, see bench/python/stardist_predict.py, and it draws as many nuclei as nucleate finds. Both write label
 * images. Prints the medians of wall time, processor time and peak memory, start-up included, and nucleate's as fractions of
 * StarDist's. Where other programs keep the processors busy there is no fraction: PyTorch and TensorFlow fall apart on them.
 */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, loadavg, tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { exitCodes, NucleateError } from '../src/errors.js';
import { describeMissing } from './contenders.js';
import { findPython } from './python-environment.js';

interface Used {
  /** s. */
  readonly wall: number;
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
    python: { type: 'string', default: findPython() ?? '' },
    out: { type: 'string', default: 'predict-process.json' },
  },
});
const [images] = positionals;
if (images === undefined) {
  throw new NucleateError({
    what: 'No images are given.',
    hint: 'npm run bench -- predict-process FOLDER',
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
if (values.python === '') process.stderr.write(`${describeMissing(['StarDist'])}\n`);
else contenders['StarDist'] = (out) => [values.python, script('stardist_predict.py'), images, counts, out];

const idle = loadavg()[0]! <= mostLoad;
const times: Record<string, Used[]> = Object.fromEntries(Object.keys(contenders).map((name) => [name, []]));
try {
  for (let round = 0; round < Number(values.rounds); round++) {
    for (const [name, commandOf] of Object.entries(contenders)) {
      const out = path.join(folder, name);
      times[name]!.push(measure(name, commandOf(out)));
      if (name === 'nucleate' && round === 0) countNuclei(path.join(out, 'table'));
      rmSync(out, { recursive: true });
    }
  }
} finally {
  rmSync(folder, { recursive: true });
}
const medians = Object.fromEntries(Object.entries(times).map(([name, all]) => [name, medianOf(all)]));
for (const [name, { wall, cpu, memory }] of Object.entries(medians)) {
  const text = `wall ${wall.toFixed(1)} s   processors ${cpu.toFixed(1)} s   memory ${memory.toFixed(0)} MiB`;
  console.log(`${name.padEnd(10)} ${text}`);
}
const [own, rival] = [medians['nucleate']!, medians['StarDist']];
const ratio = (key: keyof Used) => (own[key] / rival![key]).toFixed(2);
if (rival && idle)
  console.log(
    `nucleate/StarDist: wall ${ratio('wall')}, processors ${ratio('cpu')}, memory ${ratio('memory')}`,
  );
if (!idle)
  console.log('Other programs keep the processors busy: no ratios. Stop them, wait a minute, and try again.');
writeFileSync(values.out, `${JSON.stringify({ cpu: cpus()[0]?.model, idle, times }, null, 2)}\n`);

function measure(name: string, command: readonly string[]): Used {
  const { status, stdout } = spawnSync('python3', [script('measure.py'), ...command], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (status === 0) return JSON.parse(stdout) as Used;
  throw new NucleateError({
    what: `${name} ended with exit code ${status}; its messages are above.`,
    hint: 'Run the command by hand.',
    exitCode: exitCodes.environment,
  });
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
  return { wall: median('wall'), cpu: median('cpu'), memory: median('memory') };
}
