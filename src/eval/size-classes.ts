/** A range of instance areas. */
export interface SizeClass {
  readonly name: string;
  /** px, inclusive. */
  readonly minArea: number;
  /** px, exclusive; null for no limit, which JSON cannot write as Infinity. */
  readonly maxArea: number | null;
}

/**
 * Small, medium and large nuclei. The limits are the squares of 11 and 24 px next to the quartiles of area (118 and
 * 574 px) of the 29,461 nuclei of the DSB2018 training set as published.
 */
export const sizeClasses: readonly SizeClass[] = [
  { name: 'small', minArea: 1, maxArea: 121 },
  { name: 'medium', minArea: 121, maxArea: 576 },
  { name: 'large', minArea: 576, maxArea: null },
];

/** The index in {@link sizeClasses} of an area, at least 1 px. */
export function sizeClassOf(area: number): number {
  return sizeClasses.findIndex(({ maxArea }) => maxArea === null || area < maxArea);
}
