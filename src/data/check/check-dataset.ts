/**
 * Finds what is wrong with a dataset. This folder: `check-masks.ts` looks at the masks, `check-contrast.ts` compares the
 * pixels of nuclei, `finding.ts` says which problems there are, `anchor-statistics.ts` fits anchors to boxes.
 */
import { NucleateError, type Problem } from '../../errors.js';
import { mapConcurrently } from '../../map-concurrently.js';
import type { Dataset } from '../read/layout.js';
import { sumOmissions, type AnnotatedImage, type Omission } from '../read/example.js';
import type { ImageEntry } from '../read/layout.js';
import { pixelNotices } from '../image/pixel-notices.js';
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
  /** Problems of the listing first, then image by image, pairs of images last. */
  readonly findings: readonly Finding[];
}

/** What no expert has reviewed, see `Example.ignore`. */
export interface Unreviewed {
  /** Images that have such pixels. */
  readonly images: number;
  /** Part of the pixels of all readable images. */
  readonly share: number;
  /** Masks with more than half of their pixels there: they are neither learnt nor scored. */
  readonly masks: number;
}

export interface DatasetSummary {
  readonly path: string;
  /** What was recognised, see `Dataset.description`. */
  readonly description: string;
  /** See `identityOf`. */
  readonly identity: string;
  /** Images that were listed, and those of them that could be read. */
  readonly images: number;
  readonly readable: number;
  /** Masks of the readable images, as annotated. */
  readonly masks: number;
  /** Nuclei that remain when overlaps are resolved. */
  readonly nuclei: number;
  /** What the annotations have besides nuclei, which is not read. */
  readonly leftOut: readonly Omission[];
  /** How often each image size occurs, the most frequent first. */
  readonly sizes: readonly { readonly width: number; readonly height: number; readonly images: number }[];
  readonly nucleiPerImage: Quantiles;
  /** px. */
  readonly nucleusArea: Quantiles;
  /** Images of each modality. */
  readonly modalities: Readonly<Record<string, number>>;
  /** Pairs of images that are neighbouring crops of one field, and must be in the same fold. */
  readonly neighbours: number;
  readonly unreviewed: Unreviewed;
  readonly errors: number;
  readonly warnings: number;
}

export interface CheckOptions {
  /** A split to search for leaks. */
  readonly split?: Split | undefined;
  /** Called after each image with how many are done. */
  readonly onImage?: (done: number) => void;
}

/** Images that are read at a time. */
const imagesAtOnce = 3;

/** Reads a whole dataset and finds what is wrong with it. Changes nothing, and continues after every problem. */
export async function checkDataset(
  dataset: Dataset,
  { split, onImage = () => {} }: CheckOptions = {},
): Promise<CheckResult> {
  const findings: Finding[] = [...dataset.problems.map(fileFinding), ...jpegFindings(dataset)];
  const signatures: Signature[] = [];
  const counts: number[] = [];
  const areas: number[] = [];
  let leftOut: readonly Omission[] = [];
  const unreviewed = { images: 0, pixels: 0, masks: 0 };
  let pixels = 0;
  let masks = 0;
  let done = 0;
  for await (const { image, problems } of mapConcurrently(dataset.images, imagesAtOnce, tryToRead)) {
    findings.push(...problems);
    if (image) {
      findings.push(...doubts(image), ...checkMasks(image), ...checkContrast(image));
      signatures.push(signatureOf(image.id, image.image));
      masks += image.masks.length;
      leftOut = sumOmissions([leftOut, image.leftOut]);
      pixels += image.image.width * image.image.height;
      addUnreviewed(unreviewed, image);
      counts.push(paintMasks(image.masks, image.image).instanceCount);
      areas.push(...image.masks.map(areaOf).filter((area) => area > 0));
    }
    onImage(++done);
  }
  const neighbours = findNeighbours(signatures);
  findings.push(...neighbours.filter(({ kind }) => kind !== 'adjacent').map(neighboursFinding));
  if (split) findings.push(...leaksOf(split, neighbours).map((pair) => leakFinding(pair, split)));
  const summary = {
    path: dataset.path,
    description: dataset.description,
    identity: await dataset.identity(),
    images: dataset.images.length,
    readable: signatures.length,
    masks,
    nuclei: counts.reduce((sum, count) => sum + count, 0),
    leftOut,
    sizes: sizesOf(signatures),
    nucleiPerImage: quantilesOf(counts),
    nucleusArea: quantilesOf(areas),
    modalities: countBy(signatures.map(({ modality }) => modality)),
    unreviewed: {
      images: unreviewed.images,
      share: pixels === 0 ? 0 : round(unreviewed.pixels / pixels),
      masks: unreviewed.masks,
    },
    neighbours: neighbours.filter(({ kind }) => kind === 'adjacent').length,
    errors: findings.filter(({ severity }) => severity === 'error').length,
    warnings: findings.filter(({ severity }) => severity === 'warning').length,
  };
  return { summary, findings };
}

const doubts = ({ id, origin = id, image }: AnnotatedImage): Finding[] =>
  pixelNotices(image, origin).map((notice) => ({
    ...{ ...notice, kind: 'doubtful-image', severity: 'warning', image: id },
  }));

function addUnreviewed(
  sum: { images: number; pixels: number; masks: number },
  { ignore, masks }: AnnotatedImage,
): void {
  if (!ignore?.includes(1)) return;
  sum.images++;
  for (const value of ignore) sum.pixels += value;
  for (const mask of masks) {
    let there = 0;
    for (let run = 0; run < mask.runs.length; run += 2)
      for (let at = mask.runs[run]!, end = at + mask.runs[run + 1]!; at < end; at++) there += ignore[at]!;
    if (2 * there > areaOf(mask)) sum.masks++;
  }
}

/** One finding for all images that are JPEG files. */
function jpegFindings({ images }: Dataset): Finding[] {
  const [first, ...others] = images.filter(({ place }) => /\.jpe?g$/iu.test(place));
  if (!first) return [];
  const what =
    others.length === 0
      ? 'An image is a JPEG file, whose compression blurs edges.'
      : `${others.length + 1} images are JPEG files, whose compression blurs edges.`;
  const hint = 'Use the originals as PNG or TIFF if there are any.';
  return [{ kind: 'jpeg', severity: 'warning', image: first.id, where: first.place, what, hint }];
}

/** The image, or the problems of its files. */
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

function neighboursFinding({ first, second, kind, correlation }: Neighbours): Finding {
  const numbers = { correlation: round(correlation) };
  if (kind === 'same-pixels') {
    const what = `The image ${second} has the same pixels as ${first}.`;
    return {
      kind: 'duplicate-image',
      severity: 'warning',
      image: second,
      what,
      hint: 'Remove one of the two.',
      numbers,
    };
  }
  const what = `The image ${second} looks like ${first} (correlation ${numbers.correlation}).`;
  const hint = 'Keep both in the same fold, as `nucleate data split` does.';
  return { kind: 'similar-image', severity: 'warning', image: second, what, hint, numbers };
}

const neighbourVerbs = {
  'same-pixels': 'has the same pixels as',
  alike: 'looks like',
  adjacent: 'is a neighbouring crop of',
} as const;

function leakFinding({ first, second, kind, correlation }: Neighbours, split: Split): Finding {
  const [one, other] = [split.images[first]!.fold, split.images[second]!.fold];
  return {
    kind: 'leak',
    severity: 'error',
    image: second,
    what: `The image ${second} in fold ${other} ${neighbourVerbs[kind]} ${first} in fold ${one}.`,
    hint: 'Split the dataset again with `nucleate data split`.',
    numbers: { correlation: round(correlation) },
  };
}

const round = (value: number) => Math.round(value * 1e4) / 1e4;

function sizesOf(signatures: readonly Signature[]): DatasetSummary['sizes'] {
  const counts = countBy(signatures.map(({ width, height }) => `${width} ${height}`));
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
