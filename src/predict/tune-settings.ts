import { setImmediate } from 'node:timers/promises';
import type { LabelImage } from '../data/geometry/label-image.js';
import type { AssembleSettings } from '../config/assemble.js';
import { evaluateImage } from '../eval/evaluate-image.js';
import { assemblePasted } from './assemble/assemble.js';
import type { PastedCandidate } from './assemble/candidate.js';

/** An image with its truth and the output of the networks. */
export interface TunedImage {
  readonly id: string;
  /** Modality cluster; absent if unknown. */
  readonly cluster?: string;
  readonly truth: LabelImage;
  /** 1 = not reviewed; absent if all pixels are reviewed. */
  readonly ignore?: Uint8Array;
  readonly pasted: readonly PastedCandidate[];
  /** How much it counts in a mean; default: 1. */
  readonly weight?: number;
}

/** Settings that may be tuned; the others are about what a user wants, not about what is right. */
type TunedKey = Exclude<keyof AssembleSettings, 'maxArea' | 'border'>;

/** The score for each value of one setting, with all others as chosen. */
export interface SettingCurve {
  readonly key: TunedKey;
  readonly values: readonly (number | string | boolean)[];
  /** Mean challenge score of the images, by their weights. */
  readonly scores: readonly number[];
  readonly chosen: number | string | boolean;
}

export interface TunedSettings {
  readonly settings: AssembleSettings;
  readonly score: number;
  /** In the order in which settings were tried. */
  readonly curves: readonly SettingCurve[];
  /** Number of combinations that were scored. */
  readonly tried: number;
}

const steps = (from: number, to: number, step: number): number[] =>
  Array.from({ length: Math.round((to - from) / step) + 1 }, (_, i) => Number((from + i * step).toFixed(4)));

/** The values of each setting that are tried; the setting with the largest effect first. */
export const tunedValues: readonly {
  readonly key: TunedKey;
  readonly values: readonly (number | string | boolean)[];
}[] = [
  { key: 'scoreThreshold', values: steps(0.05, 0.9, 0.05) },
  { key: 'maskThreshold', values: steps(0.25, 0.7, 0.05) },
  { key: 'nmsThreshold', values: steps(0.1, 0.8, 0.1) },
  { key: 'maxLost', values: steps(0.1, 0.9, 0.1) },
  { key: 'scoreBy', values: ['detection', 'product'] },
  { key: 'borderWeight', values: steps(-0.5, 0.5, 0.25) },
  { key: 'overlap', values: ['score', 'probability'] },
  { key: 'dilation', values: [-1, 0, 1] },
  { key: 'minArea', values: [5, 10, 15, 20, 30, 40] },
];

/**
 * Finds the settings with the best mean challenge score (each image by its weight) by coordinate ascent: sets one setting after the other to its
 * best value, in rounds, until a round changes nothing.
 *
 * Deterministic; of values with equal scores the first one is kept. The score is optimistic, because the settings were
 * chosen on the same images.
 *
 * @param images At least one.
 * @param start Settings that are not tuned keep these values.
 * @param onTried Called with the number of combinations scored so far and the best score.
 */
export async function tuneSettings(
  images: readonly TunedImage[],
  start: AssembleSettings,
  onTried: (tried: number, best: number) => void = () => {},
): Promise<TunedSettings> {
  const known = new Map<string, number>();
  const score = async (settings: AssembleSettings) => {
    const key = JSON.stringify(settings);
    const found = known.get(key) ?? scoreSettings(images, settings);
    known.set(key, found);
    // Lets signal handlers and the progress display run.
    await setImmediate();
    return found;
  };
  let settings = start;
  let best = await score(settings);
  for (let round = 0; round < maxRounds; round++) {
    const before = settings;
    const curves: SettingCurve[] = [];
    for (const { key, values } of tunedValues) {
      const scores: number[] = [];
      for (const value of values) {
        scores.push(await score({ ...settings, [key]: value }));
        onTried(known.size, best);
      }
      const highest = Math.max(...scores);
      if (highest > best) {
        best = highest;
        settings = { ...settings, [key]: values[scores.indexOf(highest)] };
      }
      curves.push({ key, values, scores, chosen: settings[key] });
    }
    if (settings === before || round === maxRounds - 1)
      return { settings, score: best, curves, tried: known.size };
  }
  throw new Error('Expected a last round');
}

/** Most rounds; later changes are smaller than the difference between validation folds. */
const maxRounds = 4;

/** Mean challenge score of the images, by their weights. */
export const scoreSettings = (images: readonly TunedImage[], settings: AssembleSettings): number =>
  weightedMean(scoreImages(images, settings), images);

/** Challenge score of each image. */
export function scoreImages(images: readonly TunedImage[], settings: AssembleSettings): number[] {
  return images.map(({ id, truth, ignore, pasted }) => {
    const { labelImage } = assemblePasted(truth, pasted, settings);
    return evaluateImage(truth, labelImage, { id, ...(ignore && { ignore }) }).score;
  });
}

/** @param images With the weight of each value. */
export function weightedMean(
  values: readonly number[],
  images: readonly Pick<TunedImage, 'weight'>[],
): number {
  const weights = images.map(({ weight = 1 }) => weight);
  return mean(values.map((value, index) => value * weights[index]!)) / mean(weights);
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;
