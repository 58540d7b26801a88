/** What experiments/generalise.ts and experiments/operating-point.ts share: lines of a table, their candidates and metrics. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { deserialize, serialize } from 'node:v8';
import type { AssembleSettings } from '../src/config/assemble.js';
import { openDataset, readExamples } from '../src/data/read/dataset.js';
import type { Example } from '../src/data/read/example.js';
import { shownRange, toEightBits } from '../src/data/image/intensity.js';
import { readSplit } from '../src/data/split/split-file.js';
import { evaluateImage } from '../src/eval/evaluate-image.js';
import { matchInstances } from '../src/eval/match-instances.js';
import { countOverlaps } from '../src/eval/overlaps.js';
import { sizeClasses, sizeClassOf } from '../src/eval/size-classes.js';
import { findNetworks, pairNetworks } from '../src/model/find-networks.js';
import { assemblePasted } from '../src/predict/assemble/assemble.js';
import { pasteCandidate, type PastedCandidate } from '../src/predict/assemble/candidate.js';
import { NucleusPredictor } from '../src/predict/nucleus-predictor.js';

/** Candidates below it are not cut out. */
export const leastScore = 0.1;

/** Images of a line, at most: every nth by id, so that a table takes minutes. */
const mostImages = 70;

export interface Line {
  readonly name: string;
  /** The model's own; absent for a pair of runs. */
  readonly settings: AssembleSettings | undefined;
  /** How many images there are, of which `images` are every nth. */
  readonly total: number;
  readonly images: readonly LineImage[];
}

/** An image, its truth, and what the networks say about it. */
export interface LineImage {
  readonly id: string;
  readonly truth: Example['labelImage'];
  readonly pasted: readonly PastedCandidate[];
  /** Of each label of the truth: what its nucleus differs from what lies round it, fraction of the range shown. */
  readonly contrast: ReadonlyMap<number, number>;
}

/**
 * Predicts a line of the table. The runtime must have been started. With a folder in the environment's `LINES` it is kept
 * there, and read from there the next time.
 *
 * @param written `NAME=MODEL[+MODEL]@DATASET[#SPLIT:FOLD]`: a model folder, or the runs of a detector and a segmenter.
 */
export async function readLine(written: string): Promise<Line> {
  const folder = process.env['LINES'];
  if (folder === undefined) return predictLine(written);
  const file = path.join(folder, written.replaceAll(/[^\w.-]+/gu, '_'));
  if (existsSync(file)) return deserialize(readFileSync(file)) as Line;
  const line = await predictLine(written);
  mkdirSync(folder, { recursive: true });
  writeFileSync(file, serialize(line));
  return line;
}

async function predictLine(written: string): Promise<Line> {
  const found = /^([^=]+)=([^@+]+)(?:\+([^@]+))?@([^#]+)(?:#(.+):(\d+))?$/u.exec(written);
  if (!found) throw new Error(`Expected NAME=MODEL[+MODEL]@DATASET[#SPLIT:FOLD], received ${written}`);
  const [, name, first, second, dataPath, splitPath, fold] = found as unknown as [
    string,
    string,
    string,
    ...(string | undefined)[],
  ];
  const target = await findNetworks(first);
  if (!target) throw new Error(`${first} is neither a model nor a run`);
  const networks = pairNetworks(target, second === undefined ? undefined : await findNetworks(second));
  const predictor = new NucleusPredictor(networks, { mode: 'compiled', predict: networks.predict });

  const split = splitPath === undefined ? undefined : await readSplit(splitPath);
  const dataset = await openDataset(dataPath!);
  const wanted = dataset.images.filter(
    ({ id }) => split === undefined || split.images[id]!.fold === Number(fold),
  );
  const every = Math.ceil(wanted.length / mostImages);
  const entries = wanted.filter((_, index) => index % every === 0);
  const images: LineImage[] = [];
  for await (const example of readExamples({ images: entries })) {
    const { id, image, labelImage: truth } = example;
    const { candidates } = await predictor.candidates(image, leastScore);
    const pasted = candidates.map((candidate) => pasteCandidate(candidate, image));
    images.push({ id, truth, pasted, contrast: contrastsOf(example) });
  }
  await dataset.close();
  predictor.dispose();
  return { name: name, settings: target.assemble, total: wanted.length, images };
}

/** How far the surroundings of a nucleus reach, px. */
const ring = 4;

/** By label: the mean grey value inside against that of the background within {@link ring} px along either axis. */
function contrastsOf({ image, labelImage: { labels, width, height } }: Example): Map<number, number> {
  const { data, channels } = toEightBits(image, shownRange(image, 'stretched'));
  const sums = new Map<number, { inside: number; area: number; round: number; count: number }>();
  const of = (label: number) => {
    const known = sums.get(label) ?? { inside: 0, area: 0, round: 0, count: 0 };
    sums.set(label, known);
    return known;
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = y * width + x;
      let grey = 0;
      for (let channel = 0; channel < channels; channel++) grey += data[at * channels + channel]! / channels;
      const label = labels[at]!;
      if (label !== 0) {
        const sum = of(label);
        sum.inside += grey;
        sum.area++;
        continue;
      }
      const near = new Set<number>();
      for (let v = Math.max(0, y - ring); v <= Math.min(height - 1, y + ring); v += 2)
        for (let u = Math.max(0, x - ring); u <= Math.min(width - 1, x + ring); u += 2)
          if (labels[v * width + u]! !== 0) near.add(labels[v * width + u]!);
      for (const other of near) {
        const sum = of(other);
        sum.round += grey;
        sum.count++;
      }
    }
  }
  return new Map(
    [...sums].map(([label, { inside, area, round, count }]) => [
      label,
      count === 0 ? 0 : Math.abs(inside / area - round / count) / 255,
    ]),
  );
}

/** Limits of faint, medium and strong contrast: about the thirds of the nuclei of fold 0. */
const contrastClasses = [
  { name: 'faint', below: 0.15 },
  { name: 'medium', below: 0.35 },
  { name: 'strong', below: Infinity },
] as const;

export interface LineMetrics {
  readonly images: number;
  readonly nuclei: number;
  readonly score: number;
  readonly precision: number | null;
  readonly recall: number | null;
  readonly errors: { readonly missed: number; readonly merged: number; readonly extra: number };
  /** Recall at IoU 0.5 by class, and how many nuclei there are. */
  readonly bySize: readonly ClassRecall[];
  readonly byContrast: readonly ClassRecall[];
  /** Median of predicted by true area over pairs with IoU > 0.5. */
  readonly areaRatio: number | null;
  /** Mean IoU of those pairs. */
  readonly matchedIou: number | null;
  /** Of nuclei with a score in each tenth, assembled from all candidates: how many, and the fraction with IoU > 0.5. */
  readonly calibration: readonly {
    readonly from: number;
    readonly count: number;
    readonly right: number | null;
  }[];
}

interface ClassRecall {
  readonly name: string;
  readonly nuclei: number;
  readonly recall: number | null;
}

const fraction = (part: number, whole: number) => (whole === 0 ? null : part / whole);

/** The metrics of a line, assembled with these settings. */
export function lineMetrics(images: readonly LineImage[], settings: AssembleSettings): LineMetrics {
  const sizes = sizeClasses.map(({ name }) => ({ name, nuclei: 0, found: 0 }));
  const contrasts = contrastClasses.map(({ name }) => ({ name, nuclei: 0, found: 0 }));
  const bins = Array.from({ length: 10 }, () => ({ count: 0, right: 0 }));
  const ratios: number[] = [];
  const ious: number[] = [];
  const scores: number[] = [];
  let [tp, fp, fn] = [0, 0, 0];
  const errors = { missed: 0, merged: 0, extra: 0 };
  for (const { id, truth, pasted, contrast } of images) {
    const { labelImage } = assemblePasted(truth, pasted, settings);
    const evaluation = evaluateImage(truth, labelImage, { id });
    scores.push(evaluation.score);
    tp += evaluation.tp[0]!;
    fp += evaluation.fp[0]!;
    fn += evaluation.fn[0]!;
    for (const key of ['missed', 'merged', 'extra'] as const) errors[key] += evaluation.errors[key];
    const overlaps = countOverlaps(truth, labelImage);
    const pairs = matchInstances(overlaps);
    const found = new Set(pairs.map(({ gt }) => gt));
    for (const { gt, pred, intersection, union } of pairs) {
      ratios.push(overlaps.predAreas[pred]! / overlaps.gtAreas[gt]!);
      ious.push(intersection / union);
    }
    overlaps.gtLabels.forEach((label, gt) => {
      const size = sizes[sizeClassOf(overlaps.gtAreas[gt]!)]!;
      const against = contrast.get(label)!;
      const kind = contrasts[contrastClasses.findIndex(({ below }) => against < below)]!;
      for (const one of [size, kind]) {
        one.nuclei++;
        if (found.has(gt)) one.found++;
      }
    });
    const all = assemblePasted(truth, pasted, { ...settings, scoreThreshold: leastScore });
    const everything = countOverlaps(truth, all.labelImage);
    const right = new Set(matchInstances(everything).map(({ pred }) => everything.predLabels[pred]!));
    for (const { label, score } of all.instances) {
      const bin = bins[Math.min(9, Math.floor(10 * score))]!;
      bin.count++;
      if (right.has(label)) bin.right++;
    }
  }
  const recalls = (classes: readonly { name: string; nuclei: number; found: number }[]) =>
    classes.map(({ name, nuclei, found }) => ({ name, nuclei, recall: fraction(found, nuclei) }));
  return {
    images: images.length,
    nuclei: tp + fn,
    score: mean(scores),
    precision: fraction(tp, tp + fp),
    recall: fraction(tp, tp + fn),
    errors,
    bySize: recalls(sizes),
    byContrast: recalls(contrasts),
    areaRatio: median(ratios),
    matchedIou: ious.length === 0 ? null : mean(ious),
    calibration: bins.map(({ count, right }, index) => ({
      from: index / 10,
      count,
      right: fraction(right, count),
    })),
  };
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

function median(values: readonly number[]): number | null {
  if (values.length === 0) return null;
  return values.toSorted((a, b) => a - b)[values.length >> 1]!;
}
