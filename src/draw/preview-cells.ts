/** Pictures of training batches with outlines, to see what augmentation does. */
import type { Image } from '../data/image/image.js';
import type { DetectionBatch } from '../data/loader/detection-batch.js';
import type { SegmentationBatch } from '../data/loader/segmentation-batch.js';
import { colours, type Colour, drawOutlines } from './overlay.js';
import { panels } from './panels.js';

/** Visible on black, on white and on stained tissue. */
const boxColour: Colour = colours.matched;

/**
 * Two pictures of each crop, next to each other: as the network gets it, and with the nuclei outlined in orange, their boxes
 * in green and ignored pixels in red.
 */
export function detectionCells({ ids, size, maxBoxes, ...batch }: DetectionBatch): Image[] {
  const { gtLabels } = batch;
  return ids.map((_, row) => {
    const pixels = size * size;
    const image = toImage(batch.images, size, row);
    const labels = gtLabels.subarray(row * pixels, (row + 1) * pixels);
    const ignored = tint(image, batch.ignore.subarray(row * pixels, (row + 1) * pixels), colours.missed);
    const marked = drawOutlines(ignored, { width: size, height: size, labels }, colours.prediction);
    for (let k = row * maxBoxes; k < (row + 1) * maxBoxes; k++) {
      if (batch.gtValid[k] === 1) drawBox(marked, batch.gtBoxes.subarray(4 * k, 4 * k + 4), boxColour);
    }
    return panels([image, marked]);
  });
}

/** The same for the segmenter: the nucleus in orange, its neighbours in blue, its jittered box in green. */
export function segmentationCells({ ids, size, ...batch }: SegmentationBatch, magnification = 3): Image[] {
  return ids.map((_, row) => {
    const [start, end] = [row * size * size, (row + 1) * size * size];
    const image = magnify(toImage(batch.images, size, row), magnification);
    const outline = (background: Image, map: Uint8Array, colour: Colour) =>
      drawOutlines(
        background,
        magnifyLabels(Int32Array.from(map.subarray(start, end)), size, magnification),
        colour,
      );
    const ignored = tint(
      image,
      magnifyMap(batch.ignore.subarray(start, end), size, magnification),
      colours.missed,
    );
    const marked = outline(
      outline(ignored, batch.neighbours, colours.extra),
      batch.masks,
      colours.prediction,
    );
    drawBox(
      marked,
      batch.boxes.subarray(4 * row, 4 * row + 4).map((side) => side * magnification),
      boxColour,
    );
    return panels([image, marked]);
  });
}

/** One image of a batch, -1..1, as 8-bit RGB. */
function toImage(images: Float32Array, size: number, row: number): Image {
  const values = images.subarray(row * size * size * 3, (row + 1) * size * size * 3);
  const data = Uint8Array.from(values, (value) => Math.round((value + 1) * 127.5));
  return { width: size, height: size, channels: 3, data };
}

function tint(image: Image, map: Uint8Array, colour: Colour): Image {
  const data = Uint8Array.from(image.data, (value, i) =>
    map[Math.floor(i / 3)] === 1 ? (value + colour[i % 3]!) / 2 : value,
  );
  return { ...image, data };
}

const magnify = (image: Image, factor: number): Image => {
  const width = image.width * factor;
  const data = Uint8Array.from({ length: width * image.height * factor * 3 }, (_, i) => {
    const pixel = Math.floor(i / 3);
    const [x, y] = [Math.floor((pixel % width) / factor), Math.floor(pixel / width / factor)];
    return image.data[(y * image.width + x) * 3 + (i % 3)]!;
  });
  return { ...image, width, height: image.height * factor, data };
};

function magnifyMap(map: Uint8Array, size: number, factor: number): Uint8Array {
  return Uint8Array.from({ length: map.length * factor * factor }, (_, pixel) => {
    const [x, y] = [pixel % (size * factor), Math.floor(pixel / (size * factor))];
    return map[Math.floor(y / factor) * size + Math.floor(x / factor)]!;
  });
}

const magnifyLabels = (labels: Int32Array, size: number, factor: number) => ({
  width: size * factor,
  height: size * factor,
  labels: Int32Array.from(magnifyMap(Uint8Array.from(labels), size, factor)),
});

/** Draws the pixels just inside the edges of a box, clipped to the image. */
function drawBox({ width, height, data }: Image, box: Float32Array, colour: Colour): void {
  const [x1, y1, x2, y2] = [
    Math.round(box[0]!),
    Math.round(box[1]!),
    Math.round(box[2]!) - 1,
    Math.round(box[3]!) - 1,
  ];
  const dot = (x: number, y: number) => {
    if (x >= 0 && y >= 0 && x < width && y < height) data.set(colour, (y * width + x) * 3);
  };
  for (let x = x1; x <= x2; x++) for (const y of [y1, y2]) dot(x, y);
  for (let y = y1; y <= y2; y++) for (const x of [x1, x2]) dot(x, y);
}
