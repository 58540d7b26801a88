import { resample } from '../data/augment/resample-example.js';
import type { LabelImage } from '../data/geometry/label-image.js';
import type { Box } from '../data/geometry/box.js';
import type { Window } from '../data/geometry/window.js';
import type { Example } from '../data/read/example.js';
import type { Image } from '../data/image/image.js';
import { pasteBody } from '../predict/segment.js';
import type { SegmentedCrop } from '../predict/segment.js';
import { drawNuclei } from '../draw/nuclei-overlay.js';
import {
  backgroundOf,
  baseImage,
  colours,
  drawOutlines,
  subsampleImage,
  subsampleLabels,
} from '../draw/overlay.js';
import { panels } from '../draw/panels.js';
import { largestSide } from './validation-gallery.js';

/**
 * A crop as the network sees it, in three panels: plain, with the outline of the true mask, and with the outline of the
 * predicted mask.
 */
export function drawSegmentedCrop(
  { example, label }: { readonly example: Example; readonly label: number },
  { x, y, side }: Window,
  { size, body }: SegmentedCrop,
  threshold: number,
): Image {
  const step = side / size;
  const sample = resample(example, {
    size,
    map: { xx: step, xy: 0, yx: 0, yy: step },
    from: { x: size / 2, y: size / 2 },
    to: { x: x + side / 2, y: y + side / 2 },
  });
  const { channels, pixels, labels } = sample;
  const crop: Image = {
    width: size,
    height: size,
    channels: 3,
    data: Uint8Array.from({ length: size * size * 3 }, (_, i) =>
      Math.round(255 * pixels[channels === 3 ? i : Math.floor(i / 3)]!),
    ),
  };
  const asLabels = (isIn: (pixel: number) => boolean): LabelImage => ({
    width: size,
    height: size,
    labels: Int32Array.from({ length: size * size }, (_, pixel) => (isIn(pixel) ? 1 : 0)),
  });
  const truth = asLabels((pixel) => labels[pixel] === label);
  const prediction = asLabels((pixel) => body[pixel]! > threshold);
  return panels([
    crop,
    drawOutlines(crop, truth, colours.matched),
    drawOutlines(crop, prediction, colours.prediction),
  ]);
}

/** Collects the masks of an image whose nuclei are scored one by one, to draw all of them. */
export class ScoredMasks {
  readonly #example: Example;
  readonly #truth: Int32Array;
  readonly #prediction: Int32Array;

  constructor(example: Example) {
    this.#example = example;
    this.#truth = new Int32Array(example.labelImage.labels.length);
    this.#prediction = new Int32Array(example.labelImage.labels.length);
  }

  /** @param nucleus Its label in the example, and its bounding box. */
  add({ label, box }: { label: number; box: Box }, crop: SegmentedCrop, threshold: number): void {
    const { width, labels } = this.#example.labelImage;
    for (let y = box.y1; y < box.y2; y++) {
      for (let x = box.x1; x < box.x2; x++)
        if (labels[y * width + x] === label) this.#truth[y * width + x] = label;
    }
    const pasted = pasteBody(crop, this.#example.labelImage);
    for (let v = 0, at = 0; v < pasted.height; v++) {
      for (let u = 0; u < pasted.width; u++, at++) {
        if (pasted.values[at]! > threshold) this.#prediction[(pasted.y + v) * width + pasted.x + u] = label;
      }
    }
  }

  /** Three panels: the image, outlines of the true masks in white, the predicted masks filled in colours. */
  readonly draw = (): Image => {
    const { image, labelImage } = this.#example;
    const step = Math.ceil(Math.max(image.width, image.height) / largestSide);
    const base = subsampleImage(baseImage(image, labelImage), step);
    const thin = (labels: Int32Array) => subsampleLabels({ ...labelImage, labels }, step);
    return panels([
      base,
      drawOutlines(backgroundOf(base), thin(this.#truth), colours.truth),
      drawNuclei(base, thin(this.#prediction), { style: 'filled', scale: 1 }),
    ]);
  };
}
