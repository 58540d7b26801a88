/**
 * The score against stardist.matching on the same label images, and one very large image.
 *
 *     npx tsx bench/score.ts DATA [PYTHON]
 *
 * DATA is the folder that bench/make-score-data.py makes of stage1_train.zip. PYTHON is an interpreter with StarDist
 * (bench/score_reference.py says what it needs); without it only nucleate is measured. Both sides have the label images
 * in memory, run alternately on one core, and are timed without reading files.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { readLabelImage } from '../src/data/image-io.js';
import type { LabelImage } from '../src/data/image.js';
import { evaluateImage } from '../src/eval/evaluate-image.js';
import { summarise } from '../src/eval/summarise.js';

const copies = ['shifted', 'eroded', 'merged'] as const;

/** What test/fixtures/eval/make_reference.py found for the same label images. */
const expected = JSON.parse(
  readFileSync(join(import.meta.dirname, '../test/fixtures/eval/reference-670.json'), 'utf8'),
) as Record<(typeof copies)[number] | 'same', { score: number }>;

function check(name: keyof typeof expected, score: number): void {
  if (Math.abs(score - expected[name].score) < 1e-12) return;
  throw new Error(`${name}: expected the score ${expected[name].score}, received ${score}`);
}

interface Timing {
  /** On the clock. */
  readonly seconds: number;
  /** Of the processor: what a loaded machine leaves comparable. */
  readonly cpuSeconds: number;
  readonly score: number;
}

async function readFolder(folder: string): Promise<LabelImage[]> {
  const images: LabelImage[] = [];
  for (const name of readdirSync(folder).sort()) images.push(await readLabelImage(join(folder, name)));
  return images;
}

/** All figures of src/eval, more than StarDist is asked for. */
function time(truth: readonly LabelImage[], prediction: readonly LabelImage[]): Timing {
  const [start, cpuStart] = [performance.now(), process.cpuUsage()];
  const images = truth.map((gt, index) => evaluateImage(gt, prediction[index]!, { id: String(index) }));
  const { score } = summarise(images);
  const { user, system } = process.cpuUsage(cpuStart);
  return { seconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6, score };
}

function timeStardist(python: string, data: string, copy: string): Timing {
  const script = join(import.meta.dirname, 'score_reference.py');
  return JSON.parse(execFileSync(python, [script, data, copy], { encoding: 'utf8' })) as Timing;
}

/** Discs on a grid, some 100,000 of them in 10,000 x 10,000 px, and the same moved by two pixels. */
function largeImages(): { gt: LabelImage; pred: LabelImage } {
  const side = 10_000;
  const cell = 31; // 323 x 323 cells, cut at the border
  const radius = 13;
  const size = { width: side, height: side };
  const gt = { ...size, labels: new Int32Array(side * side) };
  const pred = { ...size, labels: new Int32Array(side * side) };
  for (let y = 0; y < side; y++) {
    for (let x = 0; x < side; x++) {
      const [dx, dy] = [(x % cell) - cell / 2, (y % cell) - cell / 2];
      if (dx * dx + dy * dy > radius * radius) continue;
      const label = 1 + Math.floor(y / cell) * Math.ceil(side / cell) + Math.floor(x / cell);
      gt.labels[y * side + x] = label;
      if (x + 2 < side) pred.labels[y * side + x + 2] = label;
    }
  }
  return { gt, pred };
}

const rounds = 5;
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const describe = (timings: readonly Timing[]) => {
  const seconds = median(timings.map((timing) => timing.seconds));
  const least = Math.min(...timings.map(({ cpuSeconds }) => cpuSeconds));
  return `${seconds.toFixed(2)} s (processor from ${least.toFixed(2)} s), score ${timings[0]!.score.toFixed(6)}`;
};
const [data, python] = process.argv.slice(2);
if (data === undefined) throw new Error('Usage: npx tsx bench/score.ts DATA [PYTHON]');

const truth = await readFolder(join(data, 'truth'));
check('same', time(truth, truth).score);
console.log(`${truth.length} label images; the truth scores 1 against itself; medians of ${rounds}`);
for (const copy of copies) {
  const prediction = await readFolder(join(data, copy));
  const ours: Timing[] = [];
  const theirs: Timing[] = [];
  for (let round = 0; round < rounds; round++) {
    ours.push(time(truth, prediction));
    if (python !== undefined) theirs.push(timeStardist(python, data, copy));
  }
  check(copy, ours[0]!.score);
  const line = [copy.padEnd(8), `nucleate ${describe(ours)}`];
  if (theirs.length > 0) {
    const ratios = theirs.map((timing, round) => timing.seconds / ours[round]!.seconds);
    const best = (timings: readonly Timing[]) => Math.min(...timings.map(({ cpuSeconds }) => cpuSeconds));
    line.push(
      `stardist ${describe(theirs)}`,
      `${median(ratios).toFixed(1)} times faster, ${(best(theirs) / best(ours)).toFixed(1)} by least processor time`,
    );
  }
  console.log(line.join('  '));
}

const { gt, pred } = largeImages();
const start = performance.now();
const { gtCount, score } = evaluateImage(gt, pred, { id: 'large' });
const seconds = (performance.now() - start) / 1000;
console.log(`10,000 x 10,000 px, ${gtCount} instances: ${seconds.toFixed(2)} s, score ${score.toFixed(4)}`);
