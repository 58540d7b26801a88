/** The size of a pixel, as each writer of TIFF files tells it. */
import type { PixelSize } from '../image.js';
import type { TiffDirectory } from './directory.js';

/** um: larger pixels show no nuclei. Programs that know no resolution write 72 to 1200 an inch, 353 to 21 um a pixel. */
const largestPixel = 5;

export const plausible = (size: PixelSize | undefined) =>
  size && size.x > 0 && size.y > 0 && size.x < largestPixel && size.y < largestPixel ? size : undefined;

/** Slide scanners of Aperio write it into the description: `|MPP = 0.2520|`. */
export function aperioPixelSize(description: string): PixelSize | undefined {
  const um = Number(/^Aperio[^]*\|\s*MPP\s*=\s*([\d.]+)/u.exec(description)?.[1]);
  return um > 0 ? { x: um, y: um } : undefined;
}

/** ImageJ writes pixels for each of its unit as the resolution, without a unit of TIFF. */
export function imageJPixelSize({ image }: TiffDirectory, um: number): PixelSize | undefined {
  const per = (tag: string) => {
    const file = image.fileDirectory;
    if (!file.hasTag(tag as never)) return NaN;
    const [count = NaN, divisor = 1] = file.getValue(tag as never) as unknown as number[];
    return Number(count) / Number(divisor);
  };
  const [x, y] = [um / per('XResolution'), um / per('YResolution')];
  return plausible({ x, y });
}
