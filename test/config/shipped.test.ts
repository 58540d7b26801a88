import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadConfig } from '../../src/config/load.js';

const names = readdirSync('configs', { recursive: true, encoding: 'utf8' }).filter((name) =>
  name.endsWith('.yaml'),
);

test('there are configs', () => {
  expect(names).toContain('detector/tiny.yaml');
});

test.each(names)('configs/%s loads, and says how to run it and what to expect', (name) => {
  expect(() => loadConfig(`configs/${name}`)).not.toThrow();

  const [first, ...lines] = readFileSync(`configs/${name}`, 'utf8').split('\n');
  const folders = name.split('/').length - 1;
  expect(first).toBe(`# yaml-language-server: $schema=${'../'.repeat(folders)}config.schema.json`);
  const header = lines.filter((line) => line.startsWith('#')).join('\n');
  for (const word of ['Source: ', 'Run: ', 'Takes ', 'Expect: ']) expect(header).toContain(word);
});
