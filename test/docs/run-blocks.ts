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
