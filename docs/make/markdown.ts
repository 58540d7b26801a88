/** Text as it is in the cell of a table: a bar would end the cell, and `<` would begin a tag. */
const inCell = (text: string): string =>
  text.replaceAll('|', '\\|').replaceAll(/\s+/gu, ' ').replaceAll('<', '&lt;').replaceAll('{{', '{ {');

/** A table of Markdown; empty without rows. */
export function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  if (rows.length === 0) return '';
  const line = (cells: readonly string[]) => `| ${cells.map(inCell).join(' | ')} |`;
  return [line(head), `| ${head.map(() => '---').join(' | ')} |`, ...rows.map(line)].join('\n');
}

/** The beginning of a generated page. */
export const generated = (title: string, from: string): string =>
  `---\neditLink: false\n---\n\n# ${title}\n\nMade from ${from} by \`npm run docs:build\`.\n`;
