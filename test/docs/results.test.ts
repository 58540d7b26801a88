import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { documentsWithResults, readResults, withResults } from '../../docs/make/results.js';
import { currentDocuments, root } from './documents.js';

const results = readResults(root);

test.each(documentsWithResults)(
  '%s shows the numbers of docs/results.json: npm run results',
  async (file) => {
    const text = readFileSync(path.join(root, file), 'utf8');
    expect(await withResults(root, file, results)).toBe(text);
    // They are read: other numbers give another text.
    const changed = JSON.parse(JSON.stringify(results), (_, value: unknown) =>
      typeof value === 'number' ? value + 1 : value,
    ) as typeof results;
    expect(await withResults(root, file, changed)).not.toBe(text);
  },
);

test('no other document has marked places', () => {
  const marked = currentDocuments
    .filter(({ text }) => text.includes('<!-- results:'))
    .map(({ file }) => file);
  expect(marked.sort()).toEqual([...documentsWithResults].sort());
});
