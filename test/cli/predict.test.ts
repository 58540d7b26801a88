import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
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
  const args = ['predict', images, '--out', out, '--format', 'labels,run-length', '--json', '--device', 'cpu'];
  const { status, stdout, stderr } = await nucleate(args);
  expect(status).toBe(3);
  expect(stderr).not.toContain('\u001b');
  expect(stderr).toContain('is not a PNG, TIFF or JPEG image');
  expect(JSON.parse(stdout)).toMatchObject({ predicted: [{ nuclei: 0 }], failed: [{ exitCode: 3 }] });
  expect(readdirSync(path.join(out, 'labels'))).toEqual(['good.png']);
  expect(readdirSync(path.join(out, 'run-length'))).toEqual(['good.csv']);
});
