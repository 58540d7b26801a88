/** Code of the documentation that is run: blocks marked `run`, and the block of output behind each. */

export interface RunBlock {
  readonly language: 'sh' | 'js';
  readonly code: string;
  /** What stands there; without the last line break. */
  readonly output: string;
}

const pattern = /^```(sh|js) run\n(.*?)^```\n\n```text\n(.*?)^```$/gmsu;

export const runBlocks = (text: string): RunBlock[] =>
  [...text.matchAll(pattern)].map(([, language, code, output]) => ({
    language: language as RunBlock['language'],
    code: code!,
    output: output!,
  }));

/** The page with other outputs. */
export function withOutputs(text: string, outputs: readonly string[]): string {
  let next = 0;
  return text.replaceAll(
    pattern,
    (_, language: string, code: string) =>
      `\`\`\`${language} run\n${code}\`\`\`\n\n\`\`\`text\n${outputs[next++]!}\`\`\``,
  );
}

const numberPattern = /(?<![\w.])-?\d+(?:\.\d+)?(?!\w)/gu;

/**
 * Whether two outputs differ in nothing but what networks compute, which varies with the processor: the same text around
 * numbers that differ by at most 10 % or 3, with any spaces between.
 */
export function isAlike(one: string, other: string): boolean {
  const words = (text: string) => text.replaceAll(numberPattern, '#').replaceAll(/\s+/gu, ' ');
  const numbers = (text: string) => [...text.matchAll(numberPattern)].map(([digits]) => Number(digits));
  if (words(one) !== words(other)) return false;
  const others = numbers(other);
  return numbers(one).every((value, index) => {
    const difference = Math.abs(value - others[index]!);
    return (
      difference <= (Number.isInteger(value) ? Math.max(3, 0.1 * Math.abs(value)) : 0.1 * Math.abs(value))
    );
  });
}
