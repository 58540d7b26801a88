import fc from 'fast-check';

const steps = 2 ** 20;

/**
 * Numbers from `min` to `max`, both included, evenly spread. Of `fc.double` over a range with 0 in it nearly all values are closer
 * to 0 than any that matters, since it draws from all floating-point numbers alike.
 */
export const uniform = (min: number, max: number): fc.Arbitrary<number> =>
  fc.nat(steps).map((step) => min + ((max - min) * step) / steps);
