import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { allDocuments, root } from './documents.js';

/** The anchor that the usual Markdown viewers give to a heading. */
const anchorOf = (heading: string): string =>
  heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N} -]/gu, '')
    .replaceAll(' ', '-');

const anchorsOf = (file: string): string[] =>
  [...readFileSync(file, 'utf8').matchAll(/^#+ (.+)$/gmu)].map(([, heading]) => anchorOf(heading!));

test.each(allDocuments)('the links of $file lead to files and headings', ({ file, text }) => {
  const links = [...text.matchAll(/\]\((?!https?:)([^)]+)\)/gu)].map(([, link]) => link!);
  const broken = links.filter((link) => {
    const [target = '', anchor] = link.split('#');
    // Made by `npm run docs:build`, which checks links to them.
    if (/(^|\/)(reference|project)\/[\w./-]+\.md$/u.test(target)) return false;
    const place = target === '' ? path.join(root, file) : path.join(root, path.dirname(file), target);
    return !existsSync(place) || (anchor !== undefined && !anchorsOf(place).includes(anchor));
  });
  expect(broken).toEqual([]);
});
