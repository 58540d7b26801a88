import type { BatchOf, Recipe } from '../data/loader/batch-maker.js';
import { batches } from '../data/loader/batches.js';

/** The batches whose gradients one step accumulates. */
export type StepBatches = readonly BatchOf<Recipe>[];

/**
 * The batches of one step after another, without end. Its loader threads end when it is returned.
 *
 * @param cursor Where to continue: the `cursor` of the last batch used, or 0.
 * @param count Batches of a step.
 */
export async function* stepBatches(
  recipe: Recipe,
  cursor: number,
  count: number,
): AsyncGenerator<StepBatches, never> {
  let group: BatchOf<Recipe>[] = [];
  for await (const batch of batches(recipe, cursor)) {
    group.push(batch);
    if (group.length < count) continue;
    yield group;
    group = [];
  }
  throw new Error('Expected batches without end');
}

/** Puts back what was drawn already, since the step is built for the shapes of its first batches. */
export async function* startingWith(
  first: StepBatches,
  rest: AsyncGenerator<StepBatches, never>,
): AsyncGenerator<StepBatches, never> {
  yield first;
  return yield* rest;
}
