/** Four digits, of which the last is well below the noise of a score; `-` for null. */
export function formatFraction(fraction: number | null): string {
  return fraction === null ? '-' : fraction.toFixed(4);
}

/** A difference with its sign; 0.0000 has none. */
export function formatDifference(difference: number): string {
  const text = Math.abs(difference).toFixed(4);
  if (Number(text) === 0) return text;
  return `${difference > 0 ? '+' : '-'}${text}`;
}

/** `1 image`, `2 images`, `12,345 nuclei`. */
export function formatCount(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : nouns}`;
}

/**
 * Both ends of the interval of a difference; `-` where it was drawn from one image, or from images that all belong together: that
 * tells nothing of others.
 *
 * @param between What stands between the ends.
 */
export function intervalText(
  { low, high }: { readonly low: number; readonly high: number },
  { units }: { readonly units: number },
  between: string,
): string {
  return units < 2 ? '-' : `${formatDifference(low)}${between}${formatDifference(high)}`;
}
