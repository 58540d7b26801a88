import { exitCodes, NucleateError, type Problem } from '../../../errors.js';
import { boxOf, type Mask } from '../../geometry/mask.js';
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
  const room = { left: Math.max(mostCovers * image.width * image.height, leastLimit) };
  const runsOf = (object: AnnotatedObject): Int32Array => {
    try {
      return pixelsOf(object, image, room);
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
  const [first, second] = problems;
  if (first && second) throw problemsError(where, problems);
  if (first) throw new NucleateError({ hint: '', ...first, exitCode: exitCodes.data });
  rejectRegions(nuclei, masks, image);
  const ignore = ignoreMap(regions, ignored, masks, image);
  const others = {
    what: 'objects of other categories',
    count: marked.length - nuclei.length,
  };
  return {
    nuclei,
    masks,
    leftOut: others.count > 0 ? [...leftOut, others] : leftOut,
    ...(ignore && { ignore }),
  };
}

function byScore(objects: readonly AnnotatedObject[]): readonly AnnotatedObject[] {
  if (objects.some(({ score }) => score === undefined)) return objects;
  return [...objects].sort((one, other) => other.score! - one.score!);
}

function pixelsOf(object: AnnotatedObject, image: Size, room: { left: number }): Int32Array {
  const { size, place } = object;
  if (size && (size.width !== image.width || size.height !== image.height))
    throw sizeMismatch(place, size, image);
  const hint = 'Correct the annotation, or export the file again.';
  try {
    const runs = object.pixels(image);
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

/** A nucleus that holds so many others is none. */
const mostWithin = 3;

/**
 * Refuses an outline drawn by hand that holds several other objects: a region in which nuclei were searched, most likely,
 * which as a nucleus would swallow them.
 */
function rejectRegions(nuclei: readonly AnnotatedObject[], masks: readonly Mask[], { width, height }: Size) {
  if (!nuclei.some(({ isDrawn }) => isDrawn)) return;
  /** How many objects have their first pixel before each pixel. */
  const before = new Int32Array(width * height + 1);
  for (const { runs } of masks) if (runs.length > 0) before[runs[0]! + 1]!++;
  for (let pixel = 1; pixel < before.length; pixel++) before[pixel]! += before[pixel - 1]!;
  for (const [index, { isDrawn, place }] of nuclei.entries()) {
    if (!isDrawn) continue;
    const { runs } = masks[index]!;
    let within = -1;
    for (let run = 0; run < runs.length; run += 2)
      within += before[runs[run]! + runs[run + 1]!]! - before[runs[run]!]!;
    if (within < mostWithin) continue;
    const what = `The annotation holds ${within} other objects: is it a nucleus?`;
    const hint =
      'If it is the region that was reviewed, give it the class Region*; else delete it, or what it holds.';
    throw new NucleateError({ what, where: place, hint, exitCode: exitCodes.data });
  }
}

/** 1 outside all regions, if there are any, and in ignored objects, but for the nuclei there. */
function ignoreMap(
  regions: readonly Int32Array[],
  ignored: readonly Int32Array[],
  masks: readonly Mask[],
  { width, height }: Size,
): Uint8Array | undefined {
  if (regions.length === 0 && ignored.length === 0) return undefined;
  const map = new Uint8Array(width * height);
  const fill = (runs: Int32Array, value: number) => {
    for (let run = 0; run < runs.length; run += 2) map.fill(value, runs[run], runs[run]! + runs[run + 1]!);
  };
  for (const runs of ignored) fill(runs, 1);
  if (ignored.length > 0) for (const { runs } of masks) fill(runs, 0);
  if (regions.length === 0) return map;
  const reviewed = new Uint8Array(width * height);
  for (const runs of regions)
    for (let run = 0; run < runs.length; run += 2) reviewed.fill(1, runs[run], runs[run]! + runs[run + 1]!);
  return map.map((value, pixel) => value | (1 - reviewed[pixel]!));
}
