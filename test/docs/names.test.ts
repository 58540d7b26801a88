import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';

/** Without the annotation page: a program of its own, in the words of tools and panels. */
const sources = readdirSync('src', { recursive: true, encoding: 'utf8' }).filter(
  (file) => file.endsWith('.ts') && !file.startsWith('annotate-page'),
);

test('no name is exported by two files: one concept, one name', () => {
  const files = new Map<string, Set<string>>();
  for (const file of sources) {
    const text = readFileSync(path.join('src', file), 'utf8');
    const names = text.matchAll(
      /^export (?:async )?(?:function\*?|const|class|interface|type)\s+\*?\s*(\w+)/gmu,
    );
    for (const [, name] of names) files.set(name!, (files.get(name!) ?? new Set()).add(file));
  }
  expect(files.size).toBeGreaterThan(500);
  expect([...files].filter(([, where]) => where.size > 1)).toEqual([]);
});
