import type { Problem } from '../../../errors.js';
import type { AnnotationChoice } from './annotation.js';

/** Takes every category. */
const allCategories = 'all';

/** How many objects have each category. */
export type CategoryCounts = ReadonlyMap<string, number>;

/**
 * What is wrong with the choice of categories, if anything: several and no choice, or one that is not there.
 *
 * @param known With 0 for categories that no object has.
 */
export function categoryProblem(
  known: CategoryCounts,
  { categories = [] }: AnnotationChoice,
  where: string,
): Problem | undefined {
  const listed = [...known].map(([name, count]) => `${name} (${count})`).join(', ');
  if (categories.length === 0) {
    const used = [...known.values()].filter((count) => count > 0).length;
    if (used <= 1) return undefined;
    const what = `The annotations have ${used} categories: ${listed}.`;
    const hint =
      'Say which are nuclei: --category NAME, several times for several, or --category all (data.categories; --target-category for a target of eval).';
    return { what, where, hint };
  }
  const missing = categories.filter((name) => name !== allCategories && !known.has(name));
  if (missing.length === 0) return undefined;
  const what = `There is no category ${missing.join(', ')}; there are: ${listed || 'none'}.`;
  return {
    what,
    where,
    hint: 'Give --category one of these, or all (data.categories; --target-category for a target of eval).',
  };
}

/** Whether an object of this category is a nucleus; one without a category always is. */
export function isChosen(category: string | undefined, { categories = [] }: AnnotationChoice): boolean {
  if (category === undefined || categories.length === 0) return true;
  return categories.includes(category) || categories.includes(allCategories);
}
