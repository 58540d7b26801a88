import type { Random } from '../../random.js';
import type { ElasticField } from '../image/resample.js';

export interface ElasticOptions {
  /** Distance between control points, as a fraction of S. */
  readonly spacing: number;
  /** Standard deviation of the displacement of a control point, as a fraction of S. */
  readonly amplitude: number;
}

/** Below 0.48 spacings a cubic B-spline warp cannot fold over itself (Choi and Lee, Signal Processing 80, 2000). */
const maxFractionOfSpacing = 0.45;

/**
 * Draws a field: a uniform cubic B-spline over a grid of normally distributed control points.
 *
 * @param size S, px.
 *
 * Source: U-Net (arXiv 1505.04597, section 3.1), with a B-spline instead of bicubic interpolation, which may fold.
 */
export function drawElasticField(size: number, options: ElasticOptions, random: Random): ElasticField {
  const spacing = options.spacing * size;
  const amplitude = options.amplitude * size;
  const side = Math.floor((size - 0.5) / spacing) + 4;
  const limit = maxFractionOfSpacing * spacing;
  const drawn = () => Math.max(-limit, Math.min(limit, amplitude * random.normal()));
  const controlX = Float64Array.from({ length: side * side }, drawn);
  const controlY = Float64Array.from({ length: side * side }, drawn);
  const { first, weights } = splines(size, spacing);

  const lineX = new Float64Array(side);
  const lineY = new Float64Array(side);
  const dx = new Float32Array(size);
  const dy = new Float32Array(size);
  return {
    row(v) {
      const own = weights.subarray(4 * v, 4 * v + 4);
      blendRows(controlX, first[v]! * side, own, lineX);
      blendRows(controlY, first[v]! * side, own, lineY);
      for (let u = 0; u < size; u++) {
        const k = first[u]!;
        const w0 = weights[4 * u]!;
        const w1 = weights[4 * u + 1]!;
        const w2 = weights[4 * u + 2]!;
        const w3 = weights[4 * u + 3]!;
        dx[u] = w0 * lineX[k]! + w1 * lineX[k + 1]! + w2 * lineX[k + 2]! + w3 * lineX[k + 3]!;
        dy[u] = w0 * lineY[k]! + w1 * lineY[k + 1]! + w2 * lineY[k + 2]! + w3 * lineY[k + 3]!;
      }
      return { dx, dy };
    },
  };
}

/** For each pixel centre the first of the four control points that affect it, and their weights, whose sum is 1. */
function splines(size: number, spacing: number): { first: Int32Array; weights: Float64Array } {
  const first = new Int32Array(size);
  const weights = new Float64Array(4 * size);
  for (let u = 0; u < size; u++) {
    const t = (u + 0.5) / spacing;
    first[u] = Math.floor(t);
    const f = t - first[u]!;
    const g = 1 - f;
    weights[4 * u] = (g * g * g) / 6;
    weights[4 * u + 1] = (3 * f * f * f - 6 * f * f + 4) / 6;
    weights[4 * u + 2] = (3 * g * g * g - 6 * g * g + 4) / 6;
    weights[4 * u + 3] = (f * f * f) / 6;
  }
  return { first, weights };
}

function blendRows(grid: Float64Array, start: number, weights: Float64Array, line: Float64Array): void {
  const side = line.length;
  for (let k = 0; k < side; k++) {
    let sum = 0;
    for (let j = 0; j < 4; j++) sum += weights[j]! * grid[start + j * side + k]!;
    line[k] = sum;
  }
}
