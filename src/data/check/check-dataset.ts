import { NucleateError, type Problem } from '../../errors.js';
import { mapConcurrently } from '../read/map-concurrently.js';
import type { Dataset } from '../read/layout.js';
import type { AnnotatedImage } from '../read/example.js';
import type { ImageEntry } from '../read/layout.js';
import { paintMasks, areaOf } from '../geometry/mask.js';
import { problemsOf } from '../read/problems.js';
import { signatureOf, type Signature } from '../split/signature.js';
import { findNeighbours, type Neighbours } from '../split/neighbours.js';
import { leaksOf, type Split } from '../split/split.js';
import { checkContrast } from './check-contrast.js';
import { checkMasks } from './check-masks.js';
import type { Finding } from './finding.js';
import { quantilesOf, type Quantiles } from './quantiles.js';

export interface CheckResult {
  readonly summary: DatasetSummary;
  /** In the order of the images; problems of the listing first, pairs of images last. */
  readonly findings: readonly Finding[];
}

export interface DatasetSummary {
  readonly path: string;
  /** What was recognised. */
  readonly description: string;
  /** See `identityOf`. */
  readonly identity: string;
  /** Images that were listed, and those of them that could be read. */
  readonly images: number;
  readonly readable: number;
  /** Masks of the readable images, as annotated. */
  readonly masks: number;
  /** What is left of them once overlaps are resolved. */
  readonly nuclei: number;
  /** How often each image size occurs, the most frequent first. */
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly images: number }[];
  readonly nucleiPerImage: Quantiles;
  /** px. */
  readonly nucleusArea: Quantiles;
  /** Images of each modality. */
  readonly modalities: Readonly<Record<string, number>>;
  /** Pairs of images that continue each other, so that they have to share a fold. */
  readonly neighbours: number;
  readonly errors: number;
  readonly warnings: number;
}

export interface CheckOptions {
  /** The split to look for leaks in. */
  readonly split?: Split | undefined;
  /** Told after each image how many are done. */
  readonly onImage?: (done: number) => void;
}

/** Images that are read at a time. */
const imagesAhead = 3;

/** Reads a whole dataset and finds what is wrong with it; nothing is changed, and no problem ends the check. */
export async function checkDataset(
  dataset: Dataset,
  { split, onImage = () => {} }: CheckOptions = {},
): Promise<CheckResult> {
  const findings: Finding[] = dataset.problems.map(fileFinding);
  const portraits: Signature[] = [];
  const counts: number[] = [];
  const areas: number[] = [];
  let masks = 0;
  let done = 0;
  for await (const { image, problems } of mapConcurrently(dataset.images, imagesAhead, tryToRead)) {
    findings.push(...problems);
    if (image) {
      findings.push(...checkMasks(image), ...checkContrast(image));
      portraits.push(signatureOf(image.id, image.image));
      masks += image.masks.length;
      counts.push(paintMasks(image.masks, image.image).instanceCount);
      areas.push(...image.masks.map(areaOf).filter((area) => area > 0));
    }
    onImage(++done);
  }
  const relations = findNeighbours(portraits);
  findings.push(...relations.filter(({ kind }) => kind !== 'neighbours').map(relationFinding));
  if (split) findings.push(...leaksOf(split, relations).map((relation) => leakFinding(relation, split)));
  const summary = {
    path: dataset.path,
    description: dataset.description,
    identity: await dataset.identity(),
    images: dataset.images.length,
    readable: portraits.length,
    masks,
    nuclei: counts.reduce((sum, count) => sum + count, 0),
    sizes: sizesOf(portraits),
    nucleiPerImage: quantilesOf(counts),
    nucleusArea: quantilesOf(areas),
    modalities: countBy(portraits.map(({ modality }) => modality)),
    neighbours: relations.filter(({ kind }) => kind === 'neighbours').length,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  };
  return { summary, findings };
}

/** The image, or what is wrong with its files. */
async function tryToRead(
  entry: ImageEntry,
): Promise<{ image?: AnnotatedImage; problems: readonly Finding[] }> {
  try {
    return { image: await entry.read(), problems: [] };
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    return { problems: problemsOf(error).map((problem) => ({ ...fileFinding(problem), image: entry.id })) };
  }
}

const fileFinding = (problem: Problem): Finding => ({ ...problem, kind: 'file', severity: 'error' });

function relationFinding({ first, second, kind, correlation }: Neighbours): Finding {
  const numbers = { correlation: round(correlation) };
  if (kind === 'same-pixels') {
    const what = `The image ${second} has the pixels of ${first}.`;
    return {
      kind: 'duplicate-image',
      severity: 'warning',
      image: second,
      what,
      hint: 'Remove one.',
      numbers,
    };
  }
  const what = `The image ${second} looks like ${first} (correlation ${numbers.correlation}).`;
  const hint = 'Keep them in one fold; `nucleate data split` does.';
  return { kind: 'similar-image', severity: 'warning', image: second, what, hint: hint, numbers };
}

const relationWords = {
  'same-pixels': 'has the pixels of',
  alike: 'looks like',
  neighbours: 'continues',
} as const;

function leakFinding({ first, second, kind, correlation }: Neighbours, split: Split): Finding {
  const [one, other] = [split.images[first]!.fold, split.images[second]!.fold];
  return {
    kind: 'leak',
    severity: 'error',
    image: second,
    what: `The image ${second} of fold ${other} ${relationWords[kind]} ${first} of fold ${one}.`,
    hint: 'Split again: nucleate data split.',
    numbers: { correlation: round(correlation) },
  };
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;

function sizesOf(portraits: readonly Signature[]): DatasetSummary['sizes'] {
  const counts = countBy(portraits.map(({ width, height }) => `${width} ${height}`));
  return Object.entries(counts).map(([size, images]) => {
    const [width = 0, height = 0] = size.split(' ').map(Number);
    return { width, height, images };
  });
}

/** How often each value occurs, the most frequent first. */
function countBy(values: readonly string[]): Record<string, number> {
  const counts = new Map<string, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  return Object.fromEntries([...counts].sort((one, other) => other[1] - one[1]));
}
