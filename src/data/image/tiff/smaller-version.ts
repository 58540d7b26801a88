/** Whether a page is a smaller version of another, by what it shows: pages of other images may happen to have its size. */
import { decodable, type TiffDirectory } from './directory.js';
import { sizesOf } from './full-size-pages.js';
import type { TiffFile } from './tiff-file.js';
import { readPlane, type Region } from './read-plane.js';
import { TiffProblem } from './tiff-problem.js';

/** Below this, two pages show different things; levels of pyramids have 0.9 and more. */
const leastCorrelation = 0.5;

/** px of the smaller page: side of the parts that are compared, and the rows that are where pixels are in strips. */
const [partSide, stripRows] = [16, 32];

/** Parts along each side of an image in tiles. */
const partsAlong = 4;

/**
 * @param page Its size is that of the base divided by a whole number.
 * @throws {TiffProblem} If it shows something else. Pages in tiles that only libvips decodes are taken for what their sizes say.
 */
export async function checkSmallerVersion(
  file: Pick<TiffFile, 'directories' | 'bytes' | 'axes'>,
  page: TiffDirectory,
): Promise<void> {
  const { base } = file.axes;
  const canRead = decodable.has(base.compression) && decodable.has(page.compression);
  if (!canRead && base.isTiled && page.isTiled) return;
  if (canRead && (await isSamePicture(file, page))) return;
  throw new TiffProblem(
    `its pages differ in size (${sizesOf([base, page])}) and are no smaller versions of each other`,
    'Save each page as a file of its own.',
  );
}

async function isSamePicture(
  file: Pick<TiffFile, 'directories' | 'bytes' | 'axes'>,
  page: TiffDirectory,
): Promise<boolean> {
  const { base } = file.axes;
  const factor = Math.max(2, Math.floor(Math.min(base.width / page.width, base.height / page.height)));
  const small: number[] = [];
  const mean: number[] = [];
  const nearest: number[] = [];
  for (const part of partsOf(page)) {
    const { x1, y1 } = part;
    const x2 = Math.min(part.x2, Math.floor(base.width / factor));
    const y2 = Math.min(part.y2, Math.floor(base.height / factor));
    if (x2 <= x1 || y2 <= y1) continue;
    const of = async (directory: TiffDirectory, region: Region) =>
      (await readPlane(file, { directory: directory.index, sample: 0, behind: 0 }, region)).values;
    const values = await of(page, { x1, y1, x2, y2 });
    const large = { x1: x1 * factor, y1: y1 * factor, x2: x2 * factor, y2: y2 * factor };
    const whole = await of(base, large);
    const row = large.x2 - large.x1;
    for (let y = 0; y < y2 - y1; y++) {
      for (let x = 0; x < x2 - x1; x++) {
        const at = y * factor * row + x * factor;
        let sum = 0;
        for (let k = 0; k < factor * factor; k++)
          sum += whole[at + Math.floor(k / factor) * row + (k % factor)]!;
        small.push(values[y * (x2 - x1) + x]!);
        mean.push(sum / factor ** 2);
        nearest.push(whole[at]!);
      }
    }
  }
  return Math.max(correlationOf(small, mean), correlationOf(small, nearest)) >= leastCorrelation;
}

/** Parts of a page that are spread over it, or a band of it where whole strips are decoded. */
function partsOf({ width, height, isTiled }: TiffDirectory): Region[] {
  if (!isTiled) {
    const y1 = Math.max(0, (height - stripRows) >> 1);
    return [{ x1: 0, y1, x2: width, y2: Math.min(height, y1 + stripRows) }];
  }
  const along = (size: number, part: number) =>
    Math.max(0, Math.floor(((part + 0.5) / partsAlong) * size - partSide / 2));
  return Array.from({ length: partsAlong ** 2 }, (_, part) => {
    const x1 = along(width, part % partsAlong);
    const y1 = along(height, Math.floor(part / partsAlong));
    return { x1, y1, x2: Math.min(width, x1 + partSide), y2: Math.min(height, y1 + partSide) };
  });
}

/** 1 for two pictures without a difference, of the same value. */
function correlationOf(one: readonly number[], other: readonly number[]): number {
  const finite = one.flatMap((value, i) => (Number.isFinite(value) && Number.isFinite(other[i]) ? [i] : []));
  const meanOf = (values: readonly number[]) =>
    finite.reduce((sum, i) => sum + values[i]!, 0) / finite.length;
  const [meanOne, meanOther] = [meanOf(one), meanOf(other)];
  let [both, squareOne, squareOther] = [0, 0, 0];
  for (const i of finite) {
    const [a, b] = [one[i]! - meanOne, other[i]! - meanOther];
    both += a * b;
    squareOne += a * a;
    squareOther += b * b;
  }
  if (squareOne === 0 && squareOther === 0) return meanOne === meanOther || finite.length === 0 ? 1 : 0;
  return both / Math.sqrt(Math.max(squareOne * squareOther, Number.MIN_VALUE));
}
