/** A share with four digits, a score's last one being well below its noise; `-` for null. */
export function formatFraction(share: number | null): string {
  return share === null ? '-' : share.toFixed(4);
}

/** A difference with its sign; what rounds to nothing is 0.0000 without one. */
export function formatDifference(difference: number): string {
  const text = Math.abs(difference).toFixed(4);
  if (Number(text) === 0) return text;
  return `${difference > 0 ? '+' : '-'}${text}`;
}

/** `1 image`, `2 images`, `12,345 nuclei`. */
export function formatCount(count: number, noun: string, nouns = `${noun}s`): string {
  return `${count.toLocaleString('en')} ${count === 1 ? noun : nouns}`;
}
