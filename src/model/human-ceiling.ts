import path from 'node:path';
import type { HumanCeiling } from '../config/model-file.js';
import { annotatorAt } from '../data/read/annotations-folder.js';
import { agreementOf, type PairAgreement } from '../eval/agreement.js';
import { NucleateError } from '../errors.js';
import { mean } from '../predict/tune-settings.js';

/**
 * How far the people who annotated the training images agree, as far as two of them have reviewed the same images with
 * `nucleate annotate`: no model can be asked for more.
 *
 * @param paths Datasets as configs name them; those that are not there any more, or that one person annotated, say nothing.
 * @returns Means over the images of all pairs of people; undefined if nothing is known.
 */
export async function humanCeiling(paths: readonly string[]): Promise<HumanCeiling | undefined> {
  const pairs: PairAgreement[] = [];
  for (const place of paths) {
    const found = await agreementOf(annotatorAt(place)?.images ?? path.resolve(place)).catch(
      (error: unknown) => {
        if (error instanceof NucleateError) return [];
        throw error;
      },
    );
    pairs.push(...found);
  }
  const images = pairs.flatMap((pair) => pair.images);
  if (images.length === 0) return undefined;
  const known = (key: 'score' | 'f1' | 'iou') => images.flatMap((image) => image[key] ?? []);
  return {
    annotators: [...new Set(pairs.flatMap(({ annotators }) => annotators))].sort(),
    images: images.length,
    score: mean(known('score')),
    f1: meanOf(known('f1')),
    iou: meanOf(known('iou')),
  };
}

/** Null without any. */
const meanOf = (values: readonly number[]): number | null => (values.length === 0 ? null : mean(values));
