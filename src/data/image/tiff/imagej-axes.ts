import { type TiffDirectory } from './directory.js';
import { imageJPixelSize } from './pixel-size.js';
import { commonOf, type PlaneAxes, samplesAsChannels } from './plane-axes.js';
import { TiffProblem } from './tiff-problem.js';

export function imageJAxes(first: TiffDirectory, directories: readonly TiffDirectory[]): PlaneAxes {
  const facts = new Map(
    first.description.split('\n').flatMap((line) => {
      const [key, value] = line.split('=');
      return value === undefined ? [] : [[key!.trim(), value.trim()] as const];
    }),
  );
  const count = (key: string) => Math.max(1, Number(facts.get(key) ?? 1) || 1);
  const images = count('images');
  const inPixels = samplesAsChannels(first);
  let sizes = { c: count('channels'), z: count('slices'), t: count('frames') };
  if (inPixels > 1) sizes = { ...sizes, c: inPixels };
  const planes = (inPixels > 1 ? 1 : sizes.c) * sizes.z * sizes.t;
  const page = planes === images ? 1 : images;
  if (page > 1) sizes = { c: inPixels, z: 1, t: 1 };
  const total = page * planesOf(sizes, inPixels);
  const behindOne = directories.length < total;
  if (behindOne && directories.length > 1)
    throw new TiffProblem(
      `it tells of ${total} planes and has ${directories.length} directories`,
      'Copy the file again, or save it again with ImageJ.',
    );
  const unit = facts.get('unit')?.replace('\\u00B5', 'u').replace('µ', 'u');
  const factor = new Map([
    ['um', 1],
    ['micron', 1],
    ['microns', 1],
    ['nm', 0.001],
    ['mm', 1000],
    ['cm', 10_000],
    ['inch', 25_400],
  ]).get(unit ?? '');
  const pixelSize = factor === undefined ? undefined : imageJPixelSize(first, factor);
  return {
    ...commonOf(first),
    pixelSize,
    sizes: { ...sizes, page },
    placeOf: (at) => {
      const c = inPixels > 1 ? 0 : at.c;
      const plane = at.page + c + (inPixels > 1 ? 1 : sizes.c) * (at.z + sizes.z * at.t);
      return {
        directory: behindOne ? 0 : plane,
        sample: inPixels > 1 ? at.c : undefined,
        behind: behindOne ? plane : 0,
      };
    },
  };
}

const planesOf = ({ c, z, t }: { c: number; z: number; t: number }, inPixels: number) =>
  (inPixels > 1 ? 1 : c) * z * t;
