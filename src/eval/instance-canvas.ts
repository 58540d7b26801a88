import type { LabelImage } from '../data/image.js';

/** Objects that were given one by one, as a label image. */
export interface DrawnInstances {
  readonly labelImage: LabelImage;
  /** Objects that have no pixel: their mask was empty, or lies wholly under earlier ones. */
  readonly pixelless: number;
  /** Pixels that an object had to leave to an earlier one; a pixel that three objects claim counts twice. */
  readonly overlapPixels: number;
}

/**
 * Puts objects that may overlap into one label image: the earlier object keeps a pixel. Labels are 1, 2, ... in the
 * order of the objects.
 */
export class InstanceCanvas {
  readonly #labelImage: LabelImage;
  #objects = 0;
  #pixelless = 0;
  #overlapPixels = 0;

  constructor({ width, height }: { readonly width: number; readonly height: number }) {
    this.#labelImage = { width, height, labels: new Int32Array(width * height) };
  }

  /** @param pixels Indices `y * width + x`, each once and within the image. */
  add(pixels: Int32Array): void {
    const { labels } = this.#labelImage;
    const label = ++this.#objects;
    let kept = 0;
    for (const pixel of pixels) {
      if (labels[pixel] !== 0) continue;
      labels[pixel] = label;
      kept++;
    }
    this.#overlapPixels += pixels.length - kept;
    if (kept === 0) this.#pixelless++;
  }

  drawn(): DrawnInstances {
    return {
      labelImage: this.#labelImage,
      pixelless: this.#pixelless,
      overlapPixels: this.#overlapPixels,
    };
  }
}
