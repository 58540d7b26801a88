import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { listFolder } from '../../../src/data/files/folder-files.js';
import { scratchFolder } from '../../run/scratch.js';

test('files and folders whose names are not UTF-8 are problems that say so, and are left out', async () => {
  const folder = scratchFolder();
  const named = (name: string) => Buffer.concat([Buffer.from(`${folder}/`), Buffer.from(name, 'latin1')]);
  writeFileSync(path.join(folder, 'a.png'), '');
  writeFileSync(named('caf\u00e9.png'), '');
  mkdirSync(named('d\u00e9'));
  const { files, folders, problems } = await listFolder(folder);
  expect([files, folders]).toEqual([['a.png'], []]);
  expect(problems).toEqual(
    ['caf\ufffd.png', 'd\ufffd'].map((name) => ({
      what: 'The name is not UTF-8, so that it cannot be opened.',
      where: path.join(folder, name),
      hint: 'Rename it, for example: convmv -f latin1 -t utf-8 --notest -r FOLDER',
    })),
  );
});
