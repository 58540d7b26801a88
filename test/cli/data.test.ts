import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { drawingPng, writeFolder } from '../data/write-dataset.js';
import { jsonError, nucleate } from './run-nucleate.js';

const folder = mkdtempSync(join(tmpdir(), 'nucleate-data-'));
afterAll(() => rmSync(folder, { recursive: true }));

const hostile = '<script>alert(1)</script>'.replace('/', '\u2044');
let warned: string;
let broken: string;
beforeAll(async () => {
  const [image, mask] = [await drawingPng('12', '34'), await drawingPng('##', '..')];
  warned = writeFolder(join(folder, 'warned'), {
    [`${hostile}/images/${hostile}.png`]: image,
    [`${hostile}/masks/"on'.png`]: mask,
  });
  broken = writeFolder(join(folder, 'broken'), { 'x/images/x.png': 'text', 'x/masks/m.png': mask });
});

interface Checked {
  readonly summary: { readonly errors: number; readonly warnings: number };
  readonly findings: readonly { readonly kind: string }[];
}

test('data check: exit code 0 with warnings, 3 with errors or --strict, always with one document', async () => {
  for (const [args, status, kinds] of [
    [[warned], 0, ['speck', 'full-mask']],
    [[warned, '--strict'], 3, ['speck', 'full-mask']],
    [[broken], 3, ['file']],
  ] as const) {
    const outcome = await nucleate(['data', 'check', ...args, '--json']);
    expect({ status: outcome.status, stderr: outcome.stderr }).toEqual({ status, stderr: '' });
    const { findings, summary } = JSON.parse(outcome.stdout) as Checked;
    expect(findings.map(({ kind }) => kind)).toEqual(kinds);
    expect(summary.errors + summary.warnings).toBe(kinds.length);
  }
});

test('data check --html: names are escaped, and the page loads nothing', async () => {
  const page = join(folder, 'check.html');
  const before = readdirSync(warned, { recursive: true });
  const { status } = await nucleate(['data', 'check', warned, '--html', page]);
  expect(status).toBe(0);
  const text = readFileSync(page, 'utf8');
  expect(text).toContain('&lt;script&gt;alert(1)&lt;⁄script&gt;');
  expect(text).toContain('The mask &quot;on&#39; has 2 pixels.');
  expect(text).not.toContain('<script>alert');
  expect(text).toContain('default-src &#39;none&#39;');
  expect([...text.matchAll(/(?:src|href)="([^"]{0,22})/gu)].map(([, source]) => source)).toEqual([
    'data:image/png;base64,',
    'data:image/png;base64,',
  ]);
  // Nothing is written beside the images.
  expect(readdirSync(warned, { recursive: true })).toEqual(before);
});

test.each([
  ['coco,geojson', 'geojson'],
  ['coco', 'geojson'],
])('data export --format %s --format %s writes each format once, as predict does', async (...formats) => {
  const out = join(folder, `exported-${formats[0]}`);
  const options = formats.flatMap((format) => ['--format', format]);
  const { status } = await nucleate(['data', 'export', warned, '--out', out, ...options]);
  expect(status).toBe(0);
  expect(readdirSync(out).sort()).toEqual(['coco', 'geojson']);
});

test('data split and data check --split find a leak', async () => {
  const [image, mask] = [await drawingPng('12', '34'), await drawingPng('##', '..')];
  const path = writeFolder(join(folder, 'twins'), {
    ...Object.fromEntries(
      ['a', 'b'].flatMap((id) => [
        [`${id}.png`, image],
        [`${id}_masks.png`, mask],
      ]),
    ),
    'c.png': await drawingPng('91', '17'),
    'c_masks.png': mask,
  });
  const output = join(folder, 'split.json');
  expect((await nucleate(['data', 'split', path, '--folds', '2', '--out', output])).status).toBe(0);
  expect((await nucleate(['data', 'check', path, '--split', output])).status).toBe(0);
  const split = JSON.parse(readFileSync(output, 'utf8')) as { images: Record<string, { fold: number }> };
  split.images['a']!.fold = 1 - split.images['b']!.fold;
  writeFolder(folder, { 'split.json': JSON.stringify(split) });
  const { status, stdout } = await nucleate(['data', 'check', path, '--split', output]);
  expect(status).toBe(3);
  expect(stdout).toMatch(/^error {4}leak {13}The image b in fold \d has the same pixels as a in fold \d\./mu);
});

test('data layouts lists every layout', async () => {
  const { status, stdout } = await nucleate(['data', 'layouts', '--json']);
  expect(status).toBe(0);
  expect((JSON.parse(stdout) as { layouts: unknown[] }).layouts).toContainEqual({
    name: 'pairs',
    describe: 'images with label images',
    arrangement: 'X.png with X_masks.png',
  });
});

test.each([
  [
    ['data', 'split', 'x', '--folds', '1', '--out', 'y'],
    2,
    '--folds takes a whole number of at least 2, received `1`.',
  ],
  [['data', 'check', 'missing'], 3, /^There is no file or folder `missing`\.$/u],
  [['data', 'split', 'examples/dsb2018-mini', '--folds', '25', '--out', 'y'], 3, /at least 25 groups/u],
  [['data', 'prepare', 'examples/dsb2018-mini', '--out', 'no/such/folder'], 8, /cannot be written: ENOENT/u],
])('%o', async (args, code, what) => {
  const outcome = await nucleate([...args, '--json']);
  expect(outcome.status).toBe(code);
  expect(jsonError(outcome)).toMatchObject({ code, what: expect.stringMatching(what) as string });
});
