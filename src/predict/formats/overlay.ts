import { markDrawing } from '../../data/image/drawing-mark.js';
import { encodePng } from '../../data/image/image-io.js';
import type { Image } from '../../data/image/image.js';
import { type Pixels, readRegion } from '../../data/image/stored-image.js';
import { drawNuclei, type OverlayStyle } from '../../draw/nuclei-overlay.js';
import { subsampleLabels } from '../../draw/overlay.js';
import type { LabelImage } from '../../data/geometry/label-image.js';
import type { Rect } from '../../data/geometry/rect.js';
import { imagePart } from '../../data/image/image-part.js';
import type { Encode } from './encode.js';

/** The image, or the part of it that was predicted, with its nuclei drawn in; a PNG. */
export const encodeOverlay =
  (style: OverlayStyle): Encode =>
  async (_, { image, segmentation: { labelImage }, region }) => ({
    extension: '.png',
    pieces: [
      region
        ? await draw(imagePart(image, region), labelsIn(labelImage, region), style)
        : await draw(image, labelImage, style),
    ],
  });

function labelsIn({ width: row, labels }: LabelImage, { x, y, width, height }: Rect): LabelImage {
  const part = new Int32Array(width * height);
  for (let v = 0; v < height; v++) {
    const from = (y + v) * row + x;
    part.set(labels.subarray(from, from + width), v * width);
  }
  return { width, height, labels: part };
}

/** px: a larger image is drawn thinned, since viewers cannot show more. */
const largestDrawing = 36e6;

/** px: smaller images are drawn enlarged, up to about this length of the longer side, but not more than fourfold. */
const smallestDrawing = 768;
const largestScale = 4;

async function draw(image: Pixels, labelImage: LabelImage, style: OverlayStyle): Promise<Buffer> {
  const { width, height } = image;
  const step = Math.ceil(Math.sqrt((width * height) / largestDrawing));
  const fitting = Math.floor(smallestDrawing / Math.max(width, height));
  const scale = Math.min(Math.max(1, fitting), largestScale);
  const drawing =
    step === 1
      ? drawNuclei(readRegion(image, { x1: 0, y1: 0, x2: width, y2: height }), labelImage, { style, scale })
      : drawNuclei(thinned(image, step), subsampleLabels(labelImage, step), { style, scale: 1 });
  return markDrawing(await encodePng(drawing, 'little'));
}

/** Every `step`-th pixel of every `step`-th row. */
function thinned(image: Pixels, step: number): Image {
  const { width, height, channels } = image;
  const thin = { width: Math.ceil(width / step), height: Math.ceil(height / step) };
  const rows = Array.from({ length: thin.height }, (_, row) => {
    const { data } = readRegion(image, { x1: 0, y1: row * step, x2: width, y2: row * step + 1 });
    return data.filter((_, at) => Math.floor(at / channels) % step === 0);
  });
  const count = thin.width * thin.height * channels;
  const data = rows[0] instanceof Uint16Array ? new Uint16Array(count) : new Uint8Array(count);
  for (const [row, values] of rows.entries()) data.set(values, row * thin.width * channels);
  return { ...thin, channels, data };
}
