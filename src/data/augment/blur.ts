import type { Sample } from './sample.js';

/**
 * Blurs with a Gaussian, truncated at 3 sigma; at the border the border pixel is repeated.
 *
 * @param sigma Standard deviation, px; above 0.
 */
export function blur(sample: Sample, sigma: number): Sample {
  const radius = Math.max(1, Math.ceil(3 * sigma));
  const weights = Float64Array.from({ length: 2 * radius + 1 }, (_, i) =>
    Math.exp(-((i - radius) ** 2) / (2 * sigma ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  const kernel = weights.map((weight) => weight / sum);
  return { ...sample, pixels: blurColumns(blurRows(sample, kernel), sample, kernel) };
}

function blurRows({ pixels, width, height, channels }: Sample, kernel: Float64Array): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const row = width * channels;
  const blurred = new Float32Array(pixels.length);
  // The row, with its first and last pixel repeated `radius` times beyond its ends.
  const line = new Float64Array(row + 2 * radius * channels);
  for (let start = 0; start < height * row; start += row) {
    line.set(pixels.subarray(start, start + row), radius * channels);
    for (let i = 0; i < radius * channels; i++) {
      line[i] = pixels[start + (i % channels)]!;
      line[line.length - 1 - i] = pixels[start + row - 1 - (i % channels)]!;
    }
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (let k = 0; k < kernel.length; k++) sum += kernel[k]! * line[i + k * channels]!;
      blurred[start + i] = sum;
    }
  }
  return blurred;
}

function blurColumns(
  pixels: Float32Array,
  { width, height, channels }: Sample,
  kernel: Float64Array,
): Float32Array {
  const radius = (kernel.length - 1) / 2;
  const row = width * channels;
  const blurred = new Float32Array(pixels.length);
  const sums = new Float64Array(row);
  for (let y = 0; y < height; y++) {
    sums.fill(0);
    for (let k = 0; k < kernel.length; k++) {
      const from = Math.min(Math.max(y + k - radius, 0), height - 1) * row;
      const weight = kernel[k]!;
      for (let i = 0; i < row; i++) sums[i]! += weight * pixels[from + i]!;
    }
    blurred.set(sums, y * row);
  }
  return blurred;
}
