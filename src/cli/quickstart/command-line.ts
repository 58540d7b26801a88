/** What a shell takes as it stands. */
const plain = /^[\w@%+=:,./-]+$/u;

/** `nucleate` with these arguments as a line for a POSIX shell. */
export const commandLine = (args: readonly string[]): string => ['nucleate', ...args.map(quoted)].join(' ');

/**
 * The same over several lines of at most `width` characters where that can be, each but the last with a backslash at
 * its end; an option stays with its value.
 */
export function commandLines(args: readonly string[], width: number): string[] {
  const words: string[] = ['nucleate'];
  for (const [index, arg] of args.entries()) {
    const belongs = !arg.startsWith('--') && args[index - 1]?.startsWith('--');
    if (belongs) words.push(`${words.pop()} ${quoted(arg)}`);
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
