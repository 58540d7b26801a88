/**
 * How fast a model learns a stain that it does not know: an oracle corrects some images or some nuclei, `finetune` learns
 * from them, other images judge.
 *
 *     npx tsx experiments/finetune-simulation.ts OUT.json --model MODEL --data DATASET --learn REGEX --judge REGEX
 *       [--images 1,3,6,12] [--nuclei 100,200,400] [--seeds 1,2,3] [--steps N | --minutes N] [--replay DATASET] [--home DATASET]
 *       [--region PX] [--order random|doubtful]
 *
 * REGEX chooses images by id. Each seed draws its own order of the images to learn from, and all budgets of a seed take from
 * the front of it, so that they can be compared in pairs. A budget of nuclei ends within an image: what lies below the last
 * nucleus is not reviewed. With `--region`, squares of this side are corrected instead of whole images, as on the page of
 * `nucleate annotate`; `--order doubtful` takes them in the order of its queue of that name. `--home` scores a dataset that must
 * not be forgotten, too. OUT.json is written after each fine-tuning, and what is in it is not repeated; OUT.svg is the curve.
 *
 * For tnbc-dev as pairs: --learn '^0[123]_' --judge '^0[45]_'.
 */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { unreviewedPixels } from '../src/annotate/protocol/accepted.js';
import { doubtOf, sightOf } from '../src/annotate/server/doubt.js';
import { doubtfulOrder, type PlannedItem, regionsOf } from '../src/annotate/server/queue-plan.js';
import { measureInstances } from '../src/data/geometry/label-image.js';
import { type Box, boxAt } from '../src/data/geometry/box.js';
import type { Rect } from '../src/data/geometry/rect.js';
import { imagePart } from '../src/data/image/image-part.js';
import { writeImage } from '../src/data/image/image-io.js';
import { writeLabelImage } from '../src/data/image/label-io.js';
import { readDataset } from '../src/data/read/dataset.js';
import { type Example, withoutUnreviewed } from '../src/data/read/example.js';
import { startRuntime } from '../src/engine/runtime.js';
import { compareImages } from '../src/eval/compare.js';
import { scoreSources } from '../src/eval/score-sources.js';
import { openTruth } from '../src/eval/sources/open.js';
import { finetune } from '../src/finetune/finetune.js';
import { buildModel } from '../src/model/model.js';
import { readModelFolder } from '../src/model/model-folder.js';
import { findNetworks, pairNetworks } from '../src/model/find-networks.js';
import { modelPrediction } from '../src/model/model-prediction.js';
import { randomFor } from '../src/random.js';
import { lineChart } from '../src/report/charts.js';
import { textTable } from '../src/report/text-table.js';

const { values: given, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: 'string', default: 'models/nucleate-small' },
    data: { type: 'string' },
    learn: { type: 'string' },
    judge: { type: 'string' },
    images: { type: 'string', default: '' },
    nuclei: { type: 'string', default: '' },
    seeds: { type: 'string', default: '1,2,3' },
    steps: { type: 'string' },
    minutes: { type: 'string' },
    replay: { type: 'string' },
    home: { type: 'string' },
    region: { type: 'string' },
    order: { type: 'string', default: 'random' },
  },
});
const [out] = positionals;
const { model, data, learn, judge, replay, home } = given;
if (out === undefined || data === undefined || learn === undefined || judge === undefined)
  throw new Error('Usage: see the first lines of this file');
const numbers = (text: string) => text.split(',').filter(Boolean).map(Number);
const budget =
  given.steps === undefined ? { minutes: Number(given.minutes ?? 10) } : { steps: Number(given.steps) };
const budgets = [
  ...numbers(given.images).map((count) => ({ unit: 'images', count })),
  ...numbers(given.nuclei).map((count) => ({ unit: 'nuclei', count })),
];

interface Judged {
  readonly score: number;
  readonly precision: number | null;
  readonly recall: number | null;
}

interface Round extends Judged {
  readonly unit: string;
  readonly count: number;
  readonly seed: number;
  /** What the oracle has corrected. */
  readonly corrected: { readonly ids: readonly string[]; readonly nuclei: number };
  readonly difference: number;
  /** 95 % over the judging images. */
  readonly interval: { readonly low: number; readonly high: number };
  readonly seconds: number;
  readonly home: Judged | null;
}

const runtime = await startRuntime('auto');
const examples: Example[] = [];
for await (const example of readDataset(data)) examples.push(example);
const learnt = examples.filter(
  ({ id, instanceCount }) => new RegExp(learn, 'u').test(id) && instanceCount > 0,
);
const judging = examples.filter(({ id }) => new RegExp(judge, 'u').test(id)).map(({ id }) => id);
if (learnt.some(({ id }) => judging.includes(id))) throw new Error('An image both teaches and judges');

/** The scores of a model on the judging images, or on all images of another dataset. */
async function evaluate(folder: string, dataset: string, ids?: readonly string[]) {
  const truth = await openTruth(dataset);
  const prediction = modelPrediction(pairNetworks((await findNetworks(folder))!, undefined), truth);
  const { targets } = await scoreSources(truth, [prediction], { selection: { ids: ids ?? truth.ids } });
  await prediction.close();
  await truth.close();
  const { score, perThreshold, images } = targets[0]!.evaluation;
  const { precision, recall } = perThreshold[0]!;
  return { judged: { score, precision, recall } satisfies Judged, images };
}

/** What is corrected in one go: an image or a square of it. */
interface Unit {
  readonly example: Example;
  readonly region: Rect;
}

const units = learnt.flatMap((example): Unit[] => {
  const { width, height } = example.image;
  const regions =
    given.region === undefined
      ? [{ x: 0, y: 0, width, height }]
      : regionsOf(example.image, Number(given.region));
  return regions.map((region) => ({ example, region }));
});

/** How unsure the model is of each unit. */
async function doubts(): Promise<Map<Unit, number>> {
  const base = buildModel(await readModelFolder(model));
  const found = new Map<Unit, number>();
  for (const unit of units) {
    const image = imagePart(unit.example.image, unit.region);
    found.set(unit, doubtOf(await sightOf(base.predictor, image), unit.region, base.file.assemble));
  }
  base.dispose();
  return found;
}

function orderOf(seed: number, doubt: ReadonlyMap<Unit, number> | undefined): Unit[] {
  if (!doubt) return randomFor(seed, 'oracle').shuffle([...units]);
  const unitOf = new Map(
    units.map((unit): [PlannedItem, Unit] => {
      const { id, image } = unit.example;
      const { width, height } = image;
      const facts = { name: id, width, height, region: unit.region, doubt: doubt.get(unit)! };
      return [{ ...facts, stratum: 'stained', contrast: 1 }, unit];
    }),
  );
  return doubtfulOrder([...unitOf.keys()], new Set(), seed).map(({ item }) => unitOf.get(item)!);
}

/** The first units of an order until the budget is used up: their images, reviewed where they are corrected. */
function corrected(order: readonly Unit[], { unit: kind, count }: (typeof budgets)[number]): Example[] {
  const reviewed = new Map<Example, Rect[]>();
  let left = count;
  for (const { example, region } of order) {
    if (left <= 0) break;
    const ends = boxesIn(example, region).map(({ y2 }) => y2);
    const isCut = kind === 'nuclei' && ends.length > left;
    const end = isCut ? ends.toSorted((one, other) => one - other)[left - 1]! : region.y + region.height;
    const rect = { ...region, height: Math.min(end - region.y, region.height) };
    reviewed.set(example, [...(reviewed.get(example) ?? []), rect]);
    left -= kind === 'nuclei' ? ends.length : 1;
  }
  return [...reviewed].map(([example, rects]) => reviewedIn(example, rects));
}

/** The boxes of the nuclei with their centres in a region. */
function boxesIn({ labelImage, instanceCount }: Example, { x, y, width, height }: Rect): Box[] {
  const { boxes } = measureInstances(labelImage, instanceCount);
  return Array.from({ length: instanceCount }, (_, k) => boxAt(boxes, k)).filter(({ x1, y1, x2, y2 }) => {
    const [column, row] = [(x1 + x2) / 2 - x, (y1 + y2) / 2 - y];
    return column >= 0 && column < width && row >= 0 && row < height;
  });
}

/** An image of which only some rectangles are reviewed. */
function reviewedIn(example: Example, reviewed: readonly Rect[]): Example {
  const { width, height } = example.image;
  const ignore = unreviewedPixels({ width, height, reviewed });
  if (!ignore) return example;
  example.ignore?.forEach((value, at) => (ignore[at]! |= value));
  return withoutUnreviewed({ ...example, ignore });
}

async function writeExamples(folder: string, written: readonly Example[]): Promise<void> {
  for (const { id, image, labelImage, ignore } of written) {
    const name = path.join(folder, id.replaceAll('/', '_'));
    await writeImage(`${name}.png`, image);
    await writeLabelImage(`${name}_masks.png`, labelImage);
    if (!ignore) continue;
    const { width, height } = labelImage;
    await writeImage(`${name}_ignore.png`, {
      width,
      height,
      channels: 1,
      data: ignore.map((value) => 255 * value),
    });
  }
}

const known = existsSync(out) ? (JSON.parse(readFileSync(out, 'utf8')) as { rounds: Round[] }).rounds : [];
const before = await evaluate(model, data, judging);
const homeBefore = home === undefined ? null : (await evaluate(model, home)).judged;
const doubt = given.order === 'doubtful' ? await doubts() : undefined;
const rounds: Round[] = [...known];
for (const seed of numbers(given.seeds)) {
  const order = orderOf(seed, doubt);
  for (const asked of budgets) {
    if (
      known.some(({ unit, count, seed: of }) => unit === asked.unit && count === asked.count && of === seed)
    )
      continue;
    const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-simulation-'));
    try {
      rounds.push(await round(folder, order, asked, seed));
    } finally {
      rmSync(folder, { recursive: true });
    }
    writeResults();
  }
}
writeResults();

async function round(
  folder: string,
  order: readonly Unit[],
  asked: (typeof budgets)[number],
  seed: number,
): Promise<Round> {
  const taken = corrected(order, asked);
  const mine = path.join(folder, 'mine');
  mkdirSync(mine);
  await writeExamples(mine, taken);
  const made = path.join(folder, 'made');
  const began = performance.now();
  const onEvent = (event: { event: string }) =>
    event.event === 'plan' && process.stderr.write(`${JSON.stringify(event)}\n`);
  await finetune(
    model,
    { paths: [mine], replay },
    { runtime, out: made, folder: path.join(folder, 'run'), budget, seed, onEvent },
  );
  const seconds = (performance.now() - began) / 1000;
  const after = await evaluate(made, data!, judging);
  const { difference, interval } = compareImages(before.images, after.images, {
    random: randomFor(1, 'bootstrap'),
  });
  const nuclei = taken.reduce((sum, { instanceCount }) => sum + instanceCount, 0);
  return {
    ...{ ...asked, seed, corrected: { ids: taken.map(({ id }) => id), nuclei } },
    ...{ ...after.judged, difference, interval, seconds },
    home: home === undefined ? null : (await evaluate(made, home)).judged,
  };
}

function writeResults(): void {
  const results = { command: process.argv.slice(2), before: before.judged, homeBefore, rounds };
  writeFileSync(out!, `${JSON.stringify(results, null, 1)}\n`);
  const curves = ['images', 'nuclei'].filter((unit) => rounds.some((one) => one.unit === unit));
  for (const unit of curves) {
    const counts = [...new Set(rounds.filter((one) => one.unit === unit).map(({ count }) => count))];
    const chart = lineChart({
      categories: ['0', ...counts.map(String)],
      xName: `corrected ${unit}; each draw takes others`,
      yName: 'challenge score',
      max: Math.ceil(10 * Math.max(...rounds.map(({ score }) => score)) + 1) / 10,
      series: [
        { name: 'median', of: median },
        { name: 'lowest', of: (scores: readonly number[]) => Math.min(...scores) },
        { name: 'highest', of: (scores: readonly number[]) => Math.max(...scores) },
      ].map(({ name, of }) => ({
        name,
        values: [before.judged.score, ...counts.map((count) => of(scoresOf(unit, count)))],
      })),
    });
    writeFileSync(out!.replace(/\.json$/u, `-${unit}.svg`), chart);
  }
}

function scoresOf(unit: string, count: number): number[] {
  return rounds.filter((one) => one.unit === unit && one.count === count).map(({ score }) => score);
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[values.length >> 1]!;
}

const three = (value: number | null) => (value === null ? '-' : value.toFixed(3));
process.stdout.write(
  `${textTable([
    ['corrected', 'seed', 'nuclei', 'score', 'precision', 'recall', 'change', '95 %', 'minutes', 'home'],
    [
      ...['nothing', '', '', three(before.judged.score), three(before.judged.precision)],
      ...[three(before.judged.recall), '', '', '', three(homeBefore?.score ?? null)],
    ],
    ...rounds.map((one) => [
      ...[`${one.count} ${one.unit}`, String(one.seed), String(one.corrected.nuclei), three(one.score)],
      ...[three(one.precision), three(one.recall), three(one.difference)],
      ...[`${three(one.interval.low)} to ${three(one.interval.high)}`, (one.seconds / 60).toFixed(1)],
      three(one.home?.score ?? null),
    ]),
  ])}\n`,
);
