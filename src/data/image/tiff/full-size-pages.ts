/** Pages of full size, and smaller versions of them. */
import type { TiffDirectory } from './directory.js';
import { TiffProblem } from './tiff-problem.js';

interface Pages {
  readonly full: readonly TiffDirectory[];
  /** Those that have the size of a smaller version, and do not say that they are one. */
  readonly smaller: readonly TiffDirectory[];
}

/** The pages of full size, where others are smaller versions or masks of them. */
export function fullSizePages(directories: readonly TiffDirectory[]): Pages {
  const [first] = directories as [TiffDirectory, ...TiffDirectory[]];
  if (/^Aperio/u.test(first.description)) return { full: [first], smaller: [] };
  const candidates = directories.filter((one) => !one.isReduced && !one.isMask);
  const pages = candidates.length > 0 ? candidates : directories;
  const base = pages.reduce((best, one) => (one.width * one.height > best.width * best.height ? one : best));
  const isLikeBase = (one: TiffDirectory) =>
    one.width === base.width &&
    one.height === base.height &&
    one.samples === base.samples &&
    one.bits === base.bits &&
    one.kind === base.kind;
  const others = pages.filter((one) => !isLikeBase(one));
  if (others.every((one) => isSmallerVersion(one, base)))
    return { full: pages.filter(isLikeBase), smaller: others };
  throw new TiffProblem(
    `its ${pages.length} pages differ in size or type: ${sizesOf(pages)}`,
    'Save each page as a file of its own.',
  );
}

export const sizesOf = (pages: readonly TiffDirectory[]): string =>
  [...new Set(pages.map(({ width, height }) => `${width} x ${height}`))].slice(0, 5).join(', ');

/** Levels of a pyramid are smaller by one factor along both axes, a power of two but for rounding. */
export function isSmallerVersion(one: TiffDirectory, first: TiffDirectory): boolean {
  const across = first.width / one.width;
  const down = first.height / one.height;
  if (!(across >= 1.5 && down >= 1.5)) return false;
  const power = 2 ** Math.round(Math.log2(Math.sqrt(across * down)));
  const near = (size: number, whole: number) => Math.abs(size - whole / power) <= 2;
  return near(one.width, first.width) && near(one.height, first.height);
}
