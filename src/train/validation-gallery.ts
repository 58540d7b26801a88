import type { Image } from '../data/image/image.js';
import type { DrawnExample, ImageScore } from './task.js';

/** Images drawn of the worst and of the best: eight files, below a megabyte each. */
const count = 4;

/** px of the longer side of a panel; larger images are subsampled. */
export const largestSide = 512;

interface Candidate {
  readonly id: string;
  readonly score: number;
  /** Keeps its data in memory only while the image is among the best or worst. */
  readonly draw: () => Image;
}

/** Collects the scores of a validation's images, and the images with the best and worst scores. */
export class ValidationGallery {
  readonly #images: ImageScore[] = [];
  #worst: Candidate[] = [];
  #best: Candidate[] = [];

  /** @param score null where there is nothing to find; such an image is neither best nor worst. */
  add(
    { id, cluster }: { readonly id: string; readonly cluster?: string },
    score: number | null,
    draw: () => Image,
  ) {
    this.#images.push({ id, ...(cluster !== undefined && { cluster }), score });
    if (score === null) return;
    const one = { id, score, draw };
    // The sort is stable: of equal scores the earlier image stays.
    this.#worst = [...this.#worst, one].sort((a, b) => a.score - b.score).slice(0, count);
    this.#best = [...this.#best, one].sort((a, b) => b.score - a.score).slice(0, count);
  }

  /** In the order in which they were added. */
  get images(): readonly ImageScore[] {
    return this.#images;
  }

  /** The worst images, worst first, then the best, best first; none twice. */
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
