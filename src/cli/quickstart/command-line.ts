/** Needs no quotes in a shell. */
const plain = /^[\w@%+=:,./-]+$/u;

/** `nucleate` with these arguments, as a line for a POSIX shell. */
export const commandLine = (args: readonly string[]): string => ['nucleate', ...args.map(quoted)].join(' ');

/**
 * The same over several lines of at most `width` characters where possible; all but the last end with a backslash. An
 * option and its value stay together.
 */
export function commandLines(args: readonly string[], width: number): string[] {
  const words: string[] = ['nucleate'];
  for (const [index, arg] of args.entries()) {
    const isValue = !arg.startsWith('--') && args[index - 1]?.startsWith('--');
    if (isValue) words.push(`${words.pop()} ${quoted(arg)}`);
    else words.push(quoted(arg));
  }
  const lines: string[] = [];
  let line = '';
  for (const word of words) {
    const longer = line === '' ? word : `${line} ${word}`;
    if (line !== '' && longer.length + continued.length > width) {
      lines.push(line + continued);
      line = `    ${word}`;
    } else {
      line = longer;
    }
  }
  return [...lines, line];
}

const continued = ' \\';

const quoted = (text: string) => (plain.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`);
