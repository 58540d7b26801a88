import { annotationError } from './json.js';

/** Depth and time of an object in a stack; 0 where there is none. */
export interface StackPosition {
  readonly z: number;
  readonly t: number;
}

/**
 * Makes sure that objects are of one plane: those of several would be put on top of each other.
 *
 * @throws {NucleateError} Exit code 3, naming the planes.
 */
export function requireOnePosition(planes: readonly StackPosition[], where: string): void {
  const counts = new Map<string, number>();
  for (const { z, t } of planes) counts.set(`z ${z}, t ${t}`, (counts.get(`z ${z}, t ${t}`) ?? 0) + 1);
  if (counts.size <= 1) return;
  const listed = [...counts].slice(0, 10).map(([plane, count]) => `${plane} (${count})`);
  const what = `The objects are in ${counts.size} planes of a stack: ${listed.join('; ')}.`;
  throw annotationError(
    where,
    what,
    'Save the objects of one plane in one file, beside the image of that plane.',
  );
}
