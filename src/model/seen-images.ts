import type { TrainingHistory } from '../config/history.js';
import type { Image } from '../data/image/image.js';
import {
  decodeFingerprints,
  type Fingerprint,
  fingerprintOf,
  sightingsOf,
} from '../data/split/fingerprint.js';

/** The networks of a model, as far as their history matters. */
interface Pair {
  readonly detector: WithHistory;
  readonly segmenter: WithHistory;
  /** Of an ensemble. */
  readonly others?:
    { readonly detectors: readonly WithHistory[]; readonly segmenters: readonly WithHistory[] } | undefined;
}

interface WithHistory {
  readonly origin: { readonly history?: TrainingHistory | undefined };
}

const all = ({ detector, segmenter, others }: Pair): readonly WithHistory[] => [
  ...[detector, segmenter],
  ...(others?.detectors ?? []),
  ...(others?.segmenters ?? []),
];

/** Which of some images trained a model or a network that it began from. */
export interface SeenImages {
  readonly images: number;
  /** Those with the same pixels. */
  readonly same: number;
  /** Those that look like one of them. */
  readonly copies: number;
}

/** Whether it is recorded for both networks which images trained them. */
export const hasHistory = (model: Pair): boolean =>
  all(model).every(({ origin }) => origin.history !== undefined);

/** Counts the images that trained one of the two networks; a network without a history counts as trained on none. */
export function seenImages(model: Pair, images: readonly Fingerprint[]): SeenImages {
  const trained = all(model).flatMap(({ origin: { history } }) =>
    history ? decodeFingerprints(history.fingerprints) : [],
  );
  const found = sightingsOf(images, trained);
  return {
    images: images.length,
    same: found.filter((sighting) => sighting === 'same').length,
    copies: found.filter((sighting) => sighting === 'copy').length,
  };
}

/**
 * A sentence about images that trained a model; undefined if none did.
 *
 * @param name Of the model.
 */
export function trainedSentence({ images, same, copies }: SeenImages, name: string): string | undefined {
  if (same + copies === 0) return undefined;
  const looks = copies === 0 ? '' : ` (${copies} as a copy that is flipped, scaled or changed in brightness)`;
  const others = same + copies < images ? ' Crops of trained images are not noticed.' : '';
  return `${same + copies} of ${images} images trained ${name} or a network that it began from${looks}: its score is optimistic.${others}`;
}

/** {@link trainedSentence} about images with their pixels. */
export const trainedOnSentence = (model: Pair, examples: readonly { image: Image }[], name: string) =>
  trainedSentence(
    seenImages(
      model,
      examples.map(({ image }) => fingerprintOf(image)),
    ),
    name,
  );

/** A sentence if it is not recorded which images trained an ancestor of a model; undefined if all are known. */
export function unknownAncestors(model: Pair, name: string): string | undefined {
  const unknown = all(model).flatMap(({ origin: { history } }) =>
    (history?.ancestors ?? []).filter(({ datasets }) => datasets === null),
  );
  const names = [...new Set(unknown.map((ancestor) => ancestor.name))];
  if (names.length === 0) return undefined;
  return `It is not recorded which images trained ${names.join(' and ')}, from which ${name} began.`;
}
