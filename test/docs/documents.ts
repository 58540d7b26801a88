import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

export const root = path.join(import.meta.dirname, '../..');

/** A Markdown file of the repository. */
export interface Document {
  /** From the root of the repository. */
  readonly file: string;
  readonly text: string;
}

export const readDocument = (file: string): Document => ({
  file,
  text: readFileSync(path.join(root, file), 'utf8'),
});

/** Without the pages that `npm run docs:build` makes. */
const inDocs = readdirSync(path.join(root, 'docs'), { recursive: true, encoding: 'utf8' })
  .filter((name) => name.endsWith('.md') && !/^(reference|project|\.vitepress)\//u.test(name))
  .sort();

/** What describes the present state; experiments/LOG.md and CHANGELOG.md describe the past. */
export const currentDocuments: readonly Document[] = [
  'README.md',
  'CONTRIBUTING.md',
  ...inDocs.map((name) => `docs/${name}`),
].map(readDocument);

export const allDocuments: readonly Document[] = [
  ...currentDocuments,
  ...['CHANGELOG.md', 'experiments/LOG.md', 'examples/dsb2018-mini/README.md'].map(readDocument),
];

/** The lines of fenced code blocks; a line that ends with a backslash is joined with the next one. */
export const codeLines = ({ text }: Document): string[] =>
  [...text.matchAll(/^```\w*(?: run)?\n(.*?)^```$/gmsu)].flatMap(([, code]) =>
    code!
      .replaceAll(/\\\n\s*/gu, '')
      .split('\n')
      .filter((line) => line !== ''),
  );

/** Everything in single backticks outside of code blocks; a line break within counts as a space. */
export const inlineCode = ({ text }: Document): string[] =>
  [...text.replaceAll(/^```.*?^```$/gmsu, '').matchAll(/`([^`]+)`/gu)].map(([, code]) =>
    code!.replaceAll(/\s*\n\s*/gu, ' '),
  );
