import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from '../model/small-model.js';

useNativeCpu();

const place = mkdtempSync(path.join(tmpdir(), 'library-'));
const folder = path.join(place, 'model');
beforeAll(() => writeModelFolder(folder, smallModel(), '# card\n'));
afterAll(() => rmSync(place, { recursive: true }));

test('a program imports the package by its name and segments an image', { timeout: 120_000 }, async () => {
  const script = path.join(import.meta.dirname, 'load-model.child.ts');
  const image = 'examples/dsb2018-mini/a-5afb7932.png';
  const { stdout } = await promisify(execFile)(process.execPath, ['--import', 'tsx', script, folder, image]);
  const found = JSON.parse(stdout) as {
    width: number;
    height: number;
    count: number;
    surest: { label: number };
  };
  expect([found.width, found.height]).toEqual([256, 256]);
  expect(found.count).toBeGreaterThan(0);
  expect(found.surest.label).toBe(1);
});
