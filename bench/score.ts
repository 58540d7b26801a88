/**
 * The time of scoring compared with stardist.matching on the same label images, and that of one very large image.
 *
 *     npm run bench -- score DATA [PYTHON]
 *
 * DATA is the folder that bench/make-score-data.py makes of stage1_train.zip. PYTHON is an interpreter with StarDist
 * (bench/score_reference.py says what it needs); without it only nucleate is measured, and a line says so. Both have the
 * label images in memory, with 16 bits as in the files, run alternately on one core, and are timed without reading files.
 */
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LabelImage } from '../src/data/geometry/label-image.js';
import { readLabelImage } from '../src/data/image/label-io.js';
import { evaluateImage } from '../src/eval/evaluate-image.js';
import { exceedsIou, iouPercents, matchInstances } from '../src/eval/match-instances.js';
import { countOverlaps } from '../src/eval/overlaps.js';
import { exitCodes, NucleateError } from '../src/errors.js';

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

/** All metrics of `nucleate eval`, more than StarDist is asked for. */
const allMetrics = (gt: LabelImage, pred: LabelImage) => evaluateImage(gt, pred, { id: '' }).score;

/** What StarDist is asked for: hits at the ten thresholds, and the score. */
function matchingAlone(gt: LabelImage, pred: LabelImage): number {
  const overlaps = countOverlaps(gt, pred);
  const matches = matchInstances(overlaps);
  const instances = overlaps.gtAreas.length + overlaps.predAreas.length;
  const accuracies = iouPercents.map((percent) => {
    const tp = matches.filter((pair) => exceedsIou(pair, percent)).length;
    return instances === 0 ? 1 : tp / (instances - tp);
  });
  return mean(accuracies);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;

function time(
  score: typeof allMetrics,
  truth: readonly LabelImage[],
  prediction: readonly LabelImage[],
): Timing {
  const [start, cpuStart] = [performance.now(), process.cpuUsage()];
  const meanScore = mean(truth.map((gt, index) => score(gt, prediction[index]!)));
  const { user, system } = process.cpuUsage(cpuStart);
  return { seconds: (performance.now() - start) / 1e3, cpuSeconds: (user + system) / 1e6, score: meanScore };
}

function timeStardist(python: string, data: string, copy: string): Timing {
  const script = join(import.meta.dirname, 'score_reference.py');
  try {
    return JSON.parse(execFileSync(python, [script, data, copy], { encoding: 'utf8' })) as Timing;
  } catch {
    throw new NucleateError({
      what: `${python} cannot run StarDist; its messages are above.`,
      hint: 'bench/score_reference.py says what it needs. Without PYTHON only nucleate is measured.',
      exitCode: exitCodes.environment,
    });
  }
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

/** Of both, in turn; the first two or three run before the kernel has given huge pages to the images. */
const rounds = 7;
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)]!;
const leastCpu = (timings: readonly Timing[]) => Math.min(...timings.map(({ cpuSeconds }) => cpuSeconds));
const describe = (timings: readonly Timing[]) =>
  `${median(timings.map(({ seconds }) => seconds)).toFixed(2)} s (processor ${leastCpu(timings).toFixed(2)} s)`;
/** How many times as long StarDist takes. */
const ratios = (ours: readonly Timing[], theirs: readonly Timing[]) => {
  const onClock = median(theirs.map(({ seconds }, round) => seconds / ours[round]!.seconds));
  return `${onClock.toFixed(1)} times faster, ${(leastCpu(theirs) / leastCpu(ours)).toFixed(1)} by processor time`;
};
const [data, python] = process.argv.slice(2);
if (data === undefined) {
  throw new NucleateError({
    what: 'The folder DATA is missing.',
    hint: 'Usage: npm run bench -- score DATA [PYTHON]',
    exitCode: exitCodes.usage,
  });
}
if (python === undefined) {
  const how = 'give an interpreter that has it as PYTHON, see bench/score_reference.py';
  process.stderr.write(`Left out: StarDist. To include it, ${how}.\n`);
}

const truth = await readFolder(join(data, 'truth'));
check('same', time(allMetrics, truth, truth).score);
check('same', time(matchingAlone, truth, truth).score);
console.log(`${truth.length} label images; the truth scores 1 against itself`);
console.log(
  `of ${rounds}: the median on the clock, the least processor time, which a loaded machine disturbs less`,
);
for (const copy of copies) {
  const prediction = await readFolder(join(data, copy));
  const matching: Timing[] = [];
  const all: Timing[] = [];
  const theirs: Timing[] = [];
  for (let round = 0; round < rounds; round++) {
    matching.push(time(matchingAlone, truth, prediction));
    all.push(time(allMetrics, truth, prediction));
    if (python !== undefined) theirs.push(timeStardist(python, data, copy));
  }
  for (const [timing] of [matching, all]) check(copy, timing!.score);
  console.log(`${copy}: score ${all[0]!.score.toFixed(6)}`);
  if (theirs.length > 0) console.log(`  stardist     ${describe(theirs)}`);
  const line = (ours: readonly Timing[]) =>
    theirs.length > 0 ? `${describe(ours)}  ${ratios(ours, theirs)}` : describe(ours);
  console.log(`  matching     ${line(matching)}`);
  console.log(`  all metrics  ${line(all)}`);
}

const { gt, pred } = largeImages();
const [start, cpuStart] = [performance.now(), process.cpuUsage()];
const { gtCount, score } = evaluateImage(gt, pred, { id: 'large' });
const { user, system } = process.cpuUsage(cpuStart);
const seconds = ((performance.now() - start) / 1e3).toFixed(2);
console.log(
  `10,000 x 10,000 px, ${gtCount} instances: ${seconds} s (processor ${((user + system) / 1e6).toFixed(2)} s), score ${score.toFixed(4)}`,
);
