import { exitCodes, NucleateError } from '../../errors.js';
import type { Box } from '../geometry/box.js';
import type { Rect } from '../geometry/rect.js';
import { countsOf } from './intensity.js';
import { paddingValues, type Pixels, readRegion, type StoredImage } from './stored-image.js';

/**
 * A rectangle of an image as an image of its own, with the contrast and the padding of the whole one. Its pixels are read
 * when they are needed; closing it leaves the whole one open.
 *
 * @throws {NucleateError} Exit code 3 unless the rectangle lies within the image.
 */
export function imagePart(image: Pixels, { x, y, width, height }: Rect): StoredImage {
  if (x < 0 || y < 0 || width < 1 || height < 1 || x + width > image.width || y + height > image.height) {
    throw new NucleateError({
      what: `The region ${[x, y, width, height].join(',')} is not within the image of ${image.width} x ${image.height} px.`,
      hint: 'A region is x,y,width,height in px; x and y, from 0, are its left and upper edge.',
      exitCode: exitCodes.data,
    });
  }
  const { channels, scale, pixelSize } = image;
  return {
    ...{ width, height, channels, channelMedians: paddingValues(image) },
    counts: 'counts' in image ? image.counts : countsOf(image),
    ...(scale && { scale }),
    ...(pixelSize && { pixelSize }),
    read: ({ x1, y1, x2, y2 }: Box) => readRegion(image, { x1: x + x1, y1: y + y1, x2: x + x2, y2: y + y2 }),
    close: () => {},
  };
}
