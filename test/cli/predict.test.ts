import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { nucleate } from './run-nucleate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-predict-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a bad image does not stop the others: exit 3 at the end', { timeout: 120_000 }, async () => {
  const images = path.join(folder, 'images');
  const out = path.join(folder, 'out');
  mkdirSync(images);
  writeFileSync(path.join(images, 'bad\u001b[31m\n.png'), 'no image');
  copyFileSync('test/fixtures/images/grey8.png', path.join(images, 'good.png'));
  const args = [
    'predict',
    images,
    '--out',
    out,
    '--format',
    'labels,run-length',
    '--json',
    '--device',
    'cpu',
  ];
  const { status, stdout, stderr } = await nucleate(args);
  expect(status).toBe(3);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('is not a PNG, TIFF or JPEG image');
  expect(JSON.parse(stdout)).toMatchObject({ predicted: [{ nuclei: 0 }], failed: [{ exitCode: 3 }] });
  expect(readdirSync(path.join(out, 'labels'))).toEqual(['good.png']);
  expect(readdirSync(path.join(out, 'run-length'))).toEqual(['good.csv']);
});

test(
  'line breaks and escape sequences in names make no lines and commands of their own',
  { timeout: 120_000 },
  async () => {
    const images = path.join(folder, 'forged');
    mkdirSync(images);
    const name = 'x\u001b[31m\nproblems    0 errors';
    for (const suffix of ['', '_masks']) {
      copyFileSync(
        `examples/dsb2018-mini/a-5afb7932${suffix}.png`,
        path.join(images, `${name}${suffix}.png`),
      );
    }
    writeFileSync(path.join(images, `other${name}.png`), 'no image');
    const checked = await nucleate(['data', 'check', images]);
    expect(checked.stdout.match(/^problems/gmu)).toHaveLength(1);
    rmSync(path.join(images, `other${name}.png`));
    const csv = path.join(folder, 'forged.csv');
    const { status } = await nucleate(['eval', images, '--data', images, '--csv', csv]);
    expect(status).toBe(0);
    expect(readFileSync(csv, 'utf8').trimEnd().split('\n')).toHaveLength(2);
    expect(readFileSync(csv, 'utf8')).not.toContain('\u001b');
  },
);
