import type { AssembleSettings } from '../config/assemble.js';
import type { ModelFile } from '../config/model-file.js';
import type { GroupedImage } from '../predict/held-out-score.js';
import { mean, scoreImages, scoreSettings, tunedValues } from '../predict/tune-settings.js';

/** The settings of a fine-tuned model, and those that each validation image is scored with. */
export interface OperatingPoint {
  readonly assemble: AssembleSettings;
  readonly tuned: ModelFile['tuned'];
  /** One sentence. */
  readonly how: string;
  /** By image id: settings that were chosen without this image. */
  readonly scoredWith: (id: string) => AssembleSettings;
}

type SettingsFile = Pick<ModelFile, 'name' | 'assemble' | 'tuned'>;

/** Fewer groups of images would choose by chance: a threshold chosen on one or two is no better than the old one. */
const leastGroups = 5;

/**
 * Chooses the score threshold on validation images: fine-tuning moves scores most of all, and a few images cannot choose
 * more than one number. Each group of images is scored with the threshold that the other groups choose, so that what is
 * reported is of images that had no part in it; the model gets the one that all of them choose.
 *
 * @param now When they are chosen.
 * @returns The settings of the model that it began as where the images were learnt from, or are too few.
 */
export function chooseSettings(
  file: SettingsFile,
  images: readonly GroupedImage[],
  { unseen, now }: { readonly unseen: boolean; readonly now: string },
): OperatingPoint {
  const groups = [...new Set(images.map(({ group }) => group))];
  if (!unseen) return keptSettings(file, 'images that were learnt from cannot choose them');
  if (groups.length < leastGroups) {
    const count =
      groups.length === 1 ? '1 independent image cannot' : `${groups.length} independent images cannot`;
    return keptSettings(file, `${count} choose them`);
  }
  const chosen = new Map(
    groups.map((group) => [
      group,
      bestThreshold(
        file.assemble,
        images.filter((image) => image.group !== group),
      ),
    ]),
  );
  const groupOf = new Map(images.map(({ id, group }) => [id, group]));
  const scoredWith = (id: string) => chosen.get(groupOf.get(id)!)!;
  const assemble = bestThreshold(file.assemble, images);
  const scores = images.map((image) => ({
    cluster: image.cluster ?? 'unknown',
    score: scoreImages([image], scoredWith(image.id))[0]!,
  }));
  const clusters = [...new Set(scores.map(({ cluster }) => cluster))].sort().map((name) => {
    const part = scores.filter(({ cluster }) => cluster === name);
    return [name, { images: part.length, score: mean(part.map(({ score }) => score)) }] as const;
  });
  return {
    assemble,
    tuned: {
      score: scoreSettings(images, assemble),
      images: images.length,
      heldOut: { score: mean(scores.map(({ score }) => score)), clusters: Object.fromEntries(clusters) },
      date: now,
    },
    how: 'the score threshold is chosen on the validation images; each is scored with the one that the others choose',
    scoredWith,
  };
}

function keptSettings({ name, assemble, tuned }: SettingsFile, why: string): OperatingPoint {
  return {
    assemble,
    tuned: tuned && { of: name, ...tuned },
    how: `kept from ${name}, since ${why}`,
    scoredWith: () => assemble,
  };
}

const thresholds = tunedValues.find(({ key }) => key === 'scoreThreshold')!.values as readonly number[];

/** The threshold with the highest score; of equal ones, and of those within rounding, the one nearest to the old one. */
function bestThreshold(start: AssembleSettings, images: readonly GroupedImage[]): AssembleSettings {
  const nearestFirst = [...thresholds].sort(
    (one, other) => Math.abs(one - start.scoreThreshold) - Math.abs(other - start.scoreThreshold),
  );
  let best = { settings: start, score: scoreSettings(images, start) };
  for (const scoreThreshold of nearestFirst) {
    const settings = { ...start, scoreThreshold };
    const score = scoreSettings(images, settings);
    if (score > best.score + 1e-9) best = { settings, score };
  }
  return best.settings;
}
