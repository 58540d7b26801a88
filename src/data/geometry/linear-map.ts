/** x' = xx x + xy y, y' = yx x + yy y. */
export interface LinearMap {
  readonly xx: number;
  readonly xy: number;
  readonly yx: number;
  readonly yy: number;
}

/** A point, or a step from one point to another; px, y downwards. */
export interface Point {
  readonly x: number;
  readonly y: number;
}

export interface ViewParts {
  /** px of the crop per px of the example. */
  readonly scale: number;
  /** Quarter turns of the crop, 0 to 3, clockwise on the screen. */
  readonly quarterTurns: number;
  /** Whether left and right are exchanged, before the quarter turns. */
  readonly flip: boolean;
  /** Rotation of the example before that, clockwise on the screen; radians. */
  readonly angle: number;
}

const quarters = [
  { cosine: 1, sine: 0 },
  { cosine: 0, sine: 1 },
  { cosine: -1, sine: 0 },
  { cosine: 0, sine: -1 },
] as const;

/** The map from steps in a crop to steps in the example. Flips and quarter turns are exact. */
export function viewMap({ scale, quarterTurns, flip, angle }: ViewParts): LinearMap {
  const { cosine, sine } = quarters[quarterTurns % 4]!;
  const mirror = flip ? -1 : 1;
  // The inverse of each part, in reverse order: turns, flip, rotation and scale.
  const turned = { xx: mirror * cosine, xy: mirror * sine, yx: -sine, yy: cosine };
  const c = Math.cos(angle) / scale;
  const s = Math.sin(angle) / scale;
  return {
    xx: c * turned.xx + s * turned.yx,
    xy: c * turned.xy + s * turned.yy,
    yx: -s * turned.xx + c * turned.yx,
    yy: -s * turned.xy + c * turned.yy,
  };
}

export const applyMap = ({ xx, xy, yx, yy }: LinearMap, { x, y }: Point): Point => ({
  x: xx * x + xy * y,
  y: yx * x + yy * y,
});

/** Number of pixels of the example that one pixel of the crop covers. */
export const areaFactor = ({ xx, xy, yx, yy }: LinearMap): number => Math.abs(xx * yy - xy * yx);

export function invertMap({ xx, xy, yx, yy }: LinearMap): LinearMap {
  const determinant = xx * yy - xy * yx;
  return { xx: yy / determinant, xy: -xy / determinant, yx: -yx / determinant, yy: xx / determinant };
}
