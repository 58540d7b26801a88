import type { Image } from '../data/image/image.js';
import type { DrawnExample, ImageScore } from './task.js';

/** Images of each end that are drawn for the run folder: eight files below a megabyte each. */
const count = 4;

/** px of the longer side of a drawing's panels; larger images are thinned. */
export const largestSide = 512;

interface Candidate {
  readonly id: string;
  readonly score: number;
  /** What it needs stays in memory only as long as the image is among the best or worst. */
  readonly draw: () => Image;
}

/** Collects the scores of a validation's images, and the images that did best and worst. */
export class ValidationGallery {
  readonly #images: ImageScore[] = [];
  #worst: Candidate[] = [];
  #best: Candidate[] = [];

  /** @param score null where there was nothing to find; such an image is neither good nor bad. */
  add(
    { id, cluster }: { readonly id: string; readonly cluster?: string },
    score: number | null,
    draw: () => Image,
  ) {
    this.#images.push({ id, ...(cluster !== undefined && { cluster }), score });
    if (score === null) return;
    const one = { id, score, draw };
    // Stable: of equal scores the earlier image stays.
    this.#worst = [...this.#worst, one].sort((a, b) => a.score - b.score).slice(0, count);
    this.#best = [...this.#best, one].sort((a, b) => b.score - a.score).slice(0, count);
  }

  /** In the order in which they were added. */
  get images(): readonly ImageScore[] {
    return this.#images;
  }

  /** The worst, worst first, then the best, best first; of few images each once. */
  draw(): DrawnExample[] {
    const worst = this.#worst.map(({ id, score, draw }) => ({
      id,
      score,
      kind: 'worst' as const,
      image: draw(),
    }));
    const best = this.#best
      .filter(({ id }) => !worst.some((other) => other.id === id))
      .map(({ id, score, draw }) => ({ id, score, kind: 'best' as const, image: draw() }));
    return [...worst, ...best];
  }
}
