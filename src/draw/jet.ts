import type { Colour } from './overlay.js';

/**
 * The colour map "jet", from dark blue through cyan, green and yellow to dark red.
 *
 * @param position 0 to 1.
 *
 * Source: MATLAB's `jet`: red, green and blue are trapezoids of width 1 around 3/4, 1/2 and 1/4.
 */
export function jet(position: number): Colour {
  const trapezoid = (centre: number) =>
    Math.round(255 * Math.min(1, Math.max(0, 1.5 - Math.abs(4 * (position - centre)))));
  return [trapezoid(0.75), trapezoid(0.5), trapezoid(0.25)];
}
