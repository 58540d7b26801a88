import type { AssembleSettings } from '../config/assemble.js';
import { assignFolds } from '../data/split/folds.js';
import { mean, scoreImages, type TunedImage, tuneSettings, weightedMean } from './tune-settings.js';

/** The challenge score of settings that were chosen on other images. */
export interface HeldOutScore {
  /** Mean challenge score of the images, by their weights. */
  readonly score: number;
  /** The same for the images of each cluster; images without one are under `unknown`. */
  readonly clusters: Readonly<Record<string, { readonly images: number; readonly score: number }>>;
}

/** An image to tune on, with the number of its group. */
export interface GroupedImage extends TunedImage {
  readonly group: number;
}

/** Draws the halves; fixed, so that the scores of two models can be compared. */
const seed = 1;

/**
 * The score of tuned settings on held-out images: settings are chosen on one half of the images and scored on the other
 * half, both ways round. Images of a group are in the same half, those of a cluster in both.
 *
 * @param onTried Called with the number of combinations scored so far and the best score, for each half.
 * @returns Null if all images are of one group.
 */
export async function heldOutScore(
  images: readonly GroupedImage[],
  start: AssembleSettings,
  onTried?: (tried: number, best: number) => void,
): Promise<HeldOutScore | null> {
  if (new Set(images.map(({ group }) => group)).size < 2) return null;
  const halfOf = assignFolds(
    images.map(({ id, group, cluster = '' }) => ({ id, group, cluster })),
    2,
    seed,
  );
  const scored: { readonly cluster: string; readonly weight: number; readonly score: number }[] = [];
  for (const half of [0, 1]) {
    const seen = images.filter(({ id }) => halfOf.get(id) !== half);
    const unseen = images.filter(({ id }) => halfOf.get(id) === half);
    const { settings } = await tuneSettings(seen, start, onTried);
    scoreImages(unseen, settings).forEach((score, index) => {
      const { cluster = 'unknown', weight = 1 } = unseen[index]!;
      scored.push({ cluster, weight, score });
    });
  }
  const names = [...new Set(scored.map(({ cluster }) => cluster))].sort();
  const clusters = names.map((name) => {
    const scores = scored.filter(({ cluster }) => cluster === name).map(({ score }) => score);
    return [name, { images: scores.length, score: mean(scores) }] as const;
  });
  const score = weightedMean(
    scored.map((image) => image.score),
    scored,
  );
  return { score, clusters: Object.fromEntries(clusters) };
}
