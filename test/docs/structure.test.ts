import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import cruiser from '../../dependency-cruiser.config.js';
import { currentDocuments, inlineCode, readDocument, root } from './documents.js';

const exists = (file: string): boolean => existsSync(path.join(root, file));

/** The first words of the lines of the tree in docs/structure.md. */
const tree = [...readDocument('docs/structure.md').text.matchAll(/^([\w/-]+\/) +\S/gmu)].map(
  ([, file]) => file!,
);

test('every folder of the tree exists, and every folder of src is in it', () => {
  // dist is made by set-up.
  expect(tree.filter((folder) => folder !== 'dist/' && !exists(folder))).toEqual([]);
  const rooms = readdirSync(path.join(root, 'src'), { withFileTypes: true }).filter((entry) =>
    entry.isDirectory(),
  );
  expect(tree.filter((folder) => folder.startsWith('src/')).sort()).toEqual(
    rooms.map(({ name }) => `src/${name}/`).sort(),
  );
});

test.each(currentDocuments)('the paths that $file names exist', (document) => {
  const paths = inlineCode(document).filter((code) =>
    /^(src|test|bin|setup|configs|docs|examples|experiments|models|bench|\.ci)\/[\w./-]+$/u.test(code),
  );
  // A model of the user's own, and the site that `npm run docs:build` makes.
  const made = ['models/mine', 'docs/.vitepress/dist'];
  expect(paths.filter((file) => !made.includes(file) && !exists(file))).toEqual([]);
});

test('docs/configs.md lists every config', () => {
  const listed = [...readDocument('docs/configs.md').text.matchAll(/^\| `(configs\/\S+)`/gmu)];
  const configs = ['configs/detector', 'configs/segmenter'].flatMap((folder) =>
    readdirSync(path.join(root, folder)).map((name) => `${folder}/${name}`),
  );
  expect(listed.map(([, file]) => file!).sort()).toEqual(configs.sort());
});

test('the floors in CONTRIBUTING.md are those of dependency-cruiser.config.js', () => {
  const rows = [...readDocument('CONTRIBUTING.md').text.matchAll(/^\| (\d+) +\| `([\w/-]+)` +\|/gmu)].map(
    ([, floor, room]) => ({ floor: Number(floor), room: room! }),
  );
  // A room may not import from its own floor's other rooms or from above.
  const documented = rows.map(({ floor, room }) => ({
    room,
    forbidden: rows.filter((other) => other.floor <= floor && other.room !== room).map((other) => other.room),
  }));
  const rules = cruiser.forbidden as readonly { name: string; to: { path?: string } }[];
  const enforced = rules.flatMap(({ name, to }) => {
    const room = /^order-of-rooms: (.+)/u.exec(name)?.[1];
    const [, rooms] = /\((.*)\)/u.exec(to.path ?? '') ?? [];
    return room === undefined ? [] : [{ room, forbidden: rooms === 'nothing' ? [] : rooms!.split('|') }];
  });
  expect(documented).toEqual(enforced);
});
