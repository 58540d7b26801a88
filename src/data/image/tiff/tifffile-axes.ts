import { type TiffDirectory } from './directory.js';
import { isSmallerVersion } from './full-size-pages.js';
import { commonOf, type PlaneAxes, samplesAsChannels } from './plane-axes.js';
import { TiffProblem } from './tiff-problem.js';

/** What tifffile writes into the description of its own files. */
export function shapedAxes(
  first: TiffDirectory,
  directories: readonly TiffDirectory[],
): PlaneAxes | undefined {
  const facts = parseShape(first.description);
  if (!facts) return undefined;
  const { shape } = facts;
  // The last axes are those of a page: height and width, with samples behind or before them.
  const own = first.samples > 1 ? 3 : 2;
  const ownLetters = facts.axes?.length === shape.length ? facts.axes.slice(-own) : '';
  const areChannels = first.samples > 1 && ownLetters.includes('C');
  const leading = shape.slice(0, Math.max(0, shape.length - own)).filter((size) => size > 1);
  const total = leading.reduce((product, size) => product * size, 1);
  const here = directories.filter(
    (one) => !one.isReduced && one.width === first.width && one.height === first.height,
  );
  const behindOne = here.length < total;
  // The description is that of the first series alone.
  const others = directories.filter((one) => !here.includes(one) && !one.isReduced && !one.isMask);
  const isAlone = here.length <= total && others.every((one) => isSmallerVersion(one, first));
  if (!isAlone && total === 1) return undefined;
  if (!isAlone || (behindOne && here.length > 1))
    throw new TiffProblem(
      `it tells of ${total} planes and has ${here.length + others.length} pages`,
      'Copy the file again, or write it again: one array in one file.',
    );
  const inPixels = samplesAsChannels(first, areChannels);
  const letters =
    facts.axes?.length === shape.length
      ? [...facts.axes].filter((_, i) => shape[i]! > 1 && i < shape.length - own)
      : [];
  const known =
    letters.length === leading.length &&
    letters.every((letter) => 'CZT'.includes(letter)) &&
    new Set(letters).size === letters.length &&
    !(inPixels > 1 && letters.includes('C'));
  const sizes = { c: inPixels, z: 1, t: 1, page: 1 };
  if (known) letters.forEach((letter, i) => (sizes[letter.toLowerCase() as 'c' | 'z' | 't'] *= leading[i]!));
  else sizes.page = total;
  return {
    ...commonOf(first, areChannels),
    smaller: others,
    sizes,
    placeOf: (at) => {
      let plane = at.page;
      if (known) {
        plane = 0;
        letters.forEach((letter, i) => {
          plane = plane * leading[i]! + at[letter.toLowerCase() as 'c' | 'z' | 't'];
        });
      }
      const sample = inPixels > 1 ? at.c : undefined;
      return behindOne
        ? { directory: 0, sample, behind: plane }
        : { directory: here[plane]!.index, sample, behind: 0 };
    },
  };
}

function parseShape(description: string): { shape: number[]; axes?: string } | undefined {
  if (/^shape=\(/u.test(description)) {
    const shape = [...description.slice(0, 200).matchAll(/\d+/gu)].map(([digits]) => Number(digits));
    return shape.length >= 2 ? { shape } : undefined;
  }
  if (!description.startsWith('{')) return undefined;
  try {
    const { shape, axes } = JSON.parse(description) as { shape?: unknown; axes?: unknown };
    if (
      !Array.isArray(shape) ||
      shape.length < 2 ||
      !shape.every((size) => Number.isInteger(size) && size >= 1)
    )
      return undefined;
    return { shape: shape as number[], ...(typeof axes === 'string' && { axes }) };
  } catch {
    return undefined;
  }
}
