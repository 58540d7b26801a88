/**
 * Batches per second of the loaders, compared to a simple loader with Pillow and NumPy (bench/python/loader.py).
 *
 *   npx tsx bench/loader.ts [--data examples/dsb2018-mini] [--workers 2] [--seconds 8] [--rounds 3] [--python PATH]
 *
 * Detection: batches of four 256 x 256 crops; segmentation: 64 x 64 crops; both with the default augmentation, and
 * detection also with every augmentation on. Both loaders take turns, so that other load on the machine affects both.
 * Python is included if --python names an interpreter with Pillow and NumPy; the data must be a folder of pairs.
 */
import { spawnSync } from 'node:child_process';
import { availableParallelism, loadavg } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { DetectionLoader, SegmentationLoader } from '../src/config/loader.js';
import { readDataset } from '../src/data/read/dataset.js';
import type { Example } from '../src/data/read/example.js';
import type { Recipe } from '../src/data/loader/batch-maker.js';
import { batches } from '../src/data/loader/batches.js';
import { textTable } from '../src/report/text-table.js';

const { values } = parseArgs({
  options: {
    data: { type: 'string', default: 'examples/dsb2018-mini' },
    workers: { type: 'string', default: '2' },
    seconds: { type: 'string', default: '8' },
    rounds: { type: 'string', default: '3' },
    python: { type: 'string' },
  },
});
const workers = Number(values.workers);
const seconds = Number(values.seconds);

/** Every part of the augmentation for every crop, even the parts that are off by default. */
const everything = {
  rotation: { probability: 1 },
  elastic: { probability: 1 },
  copyPaste: { probability: 1 },
  colour: { probability: 1 },
  stain: { probability: 1 },
  contrast: { probability: 1 },
  gamma: { probability: 1 },
  blur: { probability: 1 },
  noise: { probability: 1 },
};

const examples: Example[] = [];
const readStart = performance.now();
for await (const example of readDataset(values.data)) examples.push(example);
const readSeconds = (performance.now() - readStart) / 1000;

const common = { seed: 1, examples };
const detection = (augment: object): Recipe => ({
  task: 'detection',
  loader: DetectionLoader.parse({ workers, augment }),
  ...common,
});
const segmentation: Recipe = {
  task: 'segmentation',
  loader: SegmentationLoader.parse({ workers }),
  ...common,
};

/** Batches per second once the workers run, and the processor time per batch on all threads, ms. */
async function ownRate(recipe: Recipe): Promise<{ rate: number; cpu: number }> {
  const warmUp = 4 * Math.max(1, workers);
  let count = 0;
  let start = 0;
  let busy = process.cpuUsage();
  for await (const batch of batches(recipe)) {
    if (batch.cursor === recipe.loader.batchSize * warmUp) {
      start = performance.now();
      busy = process.cpuUsage();
    }
    if (start === 0) continue;
    const elapsed = (performance.now() - start) / 1000;
    if (elapsed >= seconds) {
      const { user, system } = process.cpuUsage(busy);
      return { rate: count / elapsed, cpu: (user + system) / 1000 / count };
    }
    count++;
  }
  throw new Error('unreachable: batches have no end');
}

function pythonRate(task: Recipe['task']): number | undefined {
  if (values.python === undefined) return undefined;
  const script = fileURLToPath(new URL('python/loader.py', import.meta.url));
  const args = [script, values.data, task, String(seconds), String(Math.max(1, workers))];
  const { stdout, stderr, status } = spawnSync(values.python, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  const { batches, seconds: elapsed } = JSON.parse(stdout) as { batches: number; seconds: number };
  return batches / elapsed;
}

const measurements = [
  { name: 'detection, 4 x 256 x 256, batches/s', recipe: detection({}), factor: 1, python: true, target: 40 },
  {
    name: 'detection, everything on, batches/s',
    recipe: detection(everything),
    factor: 1,
    python: false,
    target: 40,
  },
  { name: 'segmentation, 64 x 64, crops/s', recipe: segmentation, factor: 32, python: true, target: 400 },
];

const median = (numbers: number[]) => numbers.sort((a, b) => a - b)[numbers.length >> 1]!;
const rows = [['', 'nucleate', 'Pillow + NumPy', 'target', 'nucleate, CPU ms each']];
for (const { name, recipe, factor, python, target } of measurements) {
  const own: number[] = [];
  const other: number[] = [];
  const cpu: number[] = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    const measured = await ownRate(recipe);
    own.push(factor * measured.rate);
    cpu.push(measured.cpu / factor);
    const reference = python ? pythonRate(recipe.task) : undefined;
    if (reference !== undefined) other.push(factor * reference);
  }
  const show = (numbers: number[]) => (numbers.length === 0 ? '-' : median(numbers).toFixed(1));
  rows.push([name, show(own), show(other), String(target), show(cpu)]);
}
const load = loadavg()[0]!.toFixed(1);
process.stdout.write(
  `${examples.length} images (${values.data}), read in ${readSeconds.toFixed(1)} s; ${workers} workers, ` +
    `${availableParallelism()} cores, load ${load}; medians of ${values.rounds} rounds of ${seconds} s\n` +
    `${textTable(rows)}\n`,
);
