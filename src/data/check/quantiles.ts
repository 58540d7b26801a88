/** Quantiles of a list; all null for an empty list. */
export interface Quantiles {
  readonly least: number | null;
  readonly p1: number | null;
  readonly median: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly most: number | null;
}

/** Quantiles by the nearest rank: each is a value of the list. */
export function quantilesOf(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((one, other) => one - other);
  const at = (fraction: number) => sorted[Math.max(0, Math.ceil(fraction * sorted.length) - 1)] ?? null;
  return { least: at(0), p1: at(0.01), median: at(0.5), p95: at(0.95), p99: at(0.99), most: at(1) };
}
