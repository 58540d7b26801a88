import { exitCodes, NucleateError, type Problem } from '../../../errors.js';
import type { Box } from '../../geometry/box.js';
import { areaOf, boxOf, type Mask } from '../../geometry/mask.js';
import type { Size } from '../../geometry/rect.js';
import { sizeMismatch } from '../layout.js';
import { problemsError } from '../problems.js';
import type { Omission } from '../example.js';
import type { AnnotatedObject, AnnotatedObjects, AnnotationChoice } from './annotation.js';
import { isChosen } from './categories.js';

/** Masks of an image, before overlaps are resolved. */
export interface ObjectMasks {
  /** The objects of `masks`, in the same order. */
  readonly nuclei: readonly AnnotatedObject[];
  /** Of the highest score first if all have one, else in the order of the file. */
  readonly masks: readonly Mask[];
  /** As in `Example`; absent if all is reviewed. */
  readonly ignore?: Uint8Array;
  readonly leftOut: readonly Omission[];
}

/** Problems that one error lists. */
const maxProblems = 100;

/**
 * How often the masks of an image may cover it, and how many px that may be in any case: no annotation has as many, and a
 * small file can claim them.
 */
const mostCovers = 100;
const leastLimit = 1e9;

/**
 * Makes masks of the objects of an image of a certain size.
 *
 * @param where The annotations, for an error about several objects.
 * @throws {NucleateError} Exit code 3 with every object whose mask is for another size or makes no sense.
 */
export function masksOfObjects(
  { objects, leftOut }: AnnotatedObjects,
  image: Size,
  where: string,
  choice: AnnotationChoice = {},
): ObjectMasks {
  const problems: Problem[] = [];
  let cut = 0;
  const room = { left: Math.max(mostCovers * image.width * image.height, leastLimit) };
  const runsOf = (object: AnnotatedObject): Int32Array => {
    try {
      const runs = pixelsOf(object, image, room);
      if (object.extent && isCut(object.extent, image)) cut += 1;
      return runs;
    } catch (error) {
      if (!(error instanceof NucleateError) || error.exitCode !== exitCodes.data) throw error;
      if (problems.length === maxProblems) throw problemsError(where, problems);
      problems.push({ what: error.message, where: object.place, hint: error.hint });
      return new Int32Array();
    }
  };
  const ofRole = (role: AnnotatedObject['role']) => objects.filter((object) => object.role === role);
  const marked = ofRole('nucleus');
  const nuclei = byScore(marked.filter(({ category }) => isChosen(category, choice)));
  const masks = nuclei.map((object) => ({ name: object.name, runs: runsOf(object) }));
  const regions = ofRole('region').map(runsOf);
  const ignored = ofRole('ignored').map(runsOf);
  const crowds = ofRole('crowd').map(runsOf);
  const [first, second] = problems;
  if (first && second) throw problemsError(where, problems);
  if (first) throw new NucleateError({ hint: '', ...first, exitCode: exitCodes.data });
  rejectRegions(nuclei, masks, image);
  const ignore = ignoreMap({ regions, ignored, crowds, nuclei: masks.map((mask) => mask.runs) }, image);
  const others = { what: 'objects of other categories', count: marked.length - nuclei.length };
  const beyond = { what: 'parts of objects beyond the border of the image', count: cut };
  return {
    nuclei,
    masks,
    leftOut: [...leftOut, ...[others, beyond].filter(({ count }) => count > 0)],
    ...(ignore && { ignore }),
  };
}

/** px; outlines are drawn and rounded so far beyond a border. */
const margin = 1;

/** Whether a part of an outline lies beyond the border of an image. */
const isCut = ({ x1, y1, x2, y2 }: Box, { width, height }: Size) =>
  x1 < -margin || y1 < -margin || x2 > width + margin || y2 > height + margin;

/** Whether all of it does. */
const isElsewhere = ({ x1, y1, x2, y2 }: Box, { width, height }: Size) =>
  x2 < -margin || y2 < -margin || x1 > width + margin || y1 > height + margin;

function byScore(objects: readonly AnnotatedObject[]): readonly AnnotatedObject[] {
  if (objects.some(({ score }) => score === undefined)) return objects;
  return [...objects].sort((one, other) => other.score! - one.score!);
}

function pixelsOf(object: AnnotatedObject, image: Size, room: { left: number }): Int32Array {
  const { size, place, extent } = object;
  if (size && (size.width !== image.width || size.height !== image.height))
    throw sizeMismatch(place, size, image);
  const hint = 'Correct the annotation, or export the file again.';
  try {
    const runs = object.pixels(image);
    if (extent && isElsewhere(extent, image)) throw outside(object, extent, image);
    const box = boxOf({ name: '', runs }, image.width);
    if (box) room.left -= (box.x2 - box.x1) * (box.y2 - box.y1);
    if (room.left >= 0) return runs;
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new NucleateError({ what: cause.message, where: place, hint, exitCode: exitCodes.data }, { cause });
  }
  const what = `The masks up to here cover the image more than ${mostCovers} times.`;
  throw new NucleateError({ what, where: place, hint, exitCode: exitCodes.data });
}

function outside({ place }: AnnotatedObject, { x1, y1, x2, y2 }: Box, { width, height }: Size) {
  const range = (from: number, to: number) => `${Math.round(from)} to ${Math.round(to)}`;
  return new NucleateError({
    what: `The annotation lies outside of the image, which has ${width} x ${height} pixels: x is ${range(x1, x2)}, y is ${range(y1, y2)}.`,
    where: place,
    hint: 'Is it of another image, or of the image at another size? Delete it, or give the image that was annotated.',
    exitCode: exitCodes.data,
  });
}

/** An outline that holds so many other objects is no nucleus. */
const mostWithin = { outline: 2, rectangle: 1 };

/** Part of an object within an outline, from which on the outline holds it; and its greatest part of the outline's area. */
const held = { inside: 0.9, area: 0.5 };

/**
 * Refuses an outline drawn by hand that holds other objects: a region in which nuclei were searched, most likely, which as
 * a nucleus would swallow them.
 */
function rejectRegions(nuclei: readonly AnnotatedObject[], masks: readonly Mask[], { width, height }: Size) {
  if (!nuclei.some(({ drawn }) => drawn)) return;
  /** How many objects have their middle before each pixel. */
  const before = new Int32Array(width * height + 1);
  for (const mask of masks) if (mask.runs.length > 0) before[middleOf(mask) + 1]!++;
  for (let pixel = 1; pixel < before.length; pixel++) before[pixel]! += before[pixel - 1]!;
  const inside = new Uint8Array(width * height);
  for (const [index, { drawn, place }] of nuclei.entries()) {
    if (!drawn) continue;
    const own = masks[index]!;
    const near = sumOfRuns(own, (start, end) => before[end]! - before[start]!) - 1;
    if (near < mostWithin[drawn]) continue;
    fillRuns(inside, own.runs, 1);
    const most = held.area * areaOf(own);
    const within = masks.filter((mask) => {
      const area = areaOf(mask);
      if (area === 0 || area > most || inside[middleOf(mask)] === 0) return false;
      return sumOfRuns(mask, (start, end) => countOf(inside, start, end)) >= held.inside * area;
    }).length;
    fillRuns(inside, own.runs, 0);
    if (within < mostWithin[drawn]) continue;
    const what = `The annotation holds ${within} other ${within === 1 ? 'object' : 'objects'}: is it a nucleus?`;
    const hint =
      'If it is the region that was reviewed, give it the class Region*; else delete it, or what it holds.';
    throw new NucleateError({ what, where: place, hint, exitCode: exitCodes.data });
  }
}

/** A pixel in the middle of a mask's list of runs. */
function middleOf({ runs }: Mask): number {
  const run = 2 * Math.floor(runs.length / 4);
  return runs[run]! + Math.floor(runs[run + 1]! / 2);
}

function sumOfRuns({ runs }: Mask, of: (start: number, end: number) => number): number {
  let sum = 0;
  for (let run = 0; run < runs.length; run += 2) sum += of(runs[run]!, runs[run]! + runs[run + 1]!);
  return sum;
}

function countOf(map: Uint8Array, start: number, end: number): number {
  let count = 0;
  for (let at = start; at < end; at++) count += map[at]!;
  return count;
}

function fillRuns(map: Uint8Array, runs: Int32Array, value: number): void {
  for (let run = 0; run < runs.length; run += 2) map.fill(value, runs[run], runs[run]! + runs[run + 1]!);
}

/** 1 outside all regions, if there are any, in ignored objects, and in crowds but for the nuclei there. */
function ignoreMap(
  objects: Readonly<Record<'regions' | 'ignored' | 'crowds' | 'nuclei', readonly Int32Array[]>>,
  { width, height }: Size,
): Uint8Array | undefined {
  const { regions, ignored, crowds, nuclei } = objects;
  if (regions.length + ignored.length + crowds.length === 0) return undefined;
  const map = new Uint8Array(width * height);
  const fill = (list: readonly Int32Array[], value: number) =>
    list.forEach((runs) => fillRuns(map, runs, value));
  fill(crowds, 1);
  if (crowds.length > 0) fill(nuclei, 0);
  fill(ignored, 1);
  if (regions.length === 0) return map;
  const reviewed = new Uint8Array(width * height);
  for (const runs of regions) fillRuns(reviewed, runs, 1);
  return map.map((value, pixel) => value | (1 - reviewed[pixel]!));
}
