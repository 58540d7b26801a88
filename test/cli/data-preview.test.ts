import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { readImage } from '../../src/data/image/image-io.js';
import { jsonError, nucleate } from './run-nucleate.js';

const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-data-preview-'));
afterAll(() => rmSync(folder, { recursive: true }));
const sample = 'examples/dsb2018-mini';

test('data preview writes two sheets, the same for the same seed', async () => {
  const preview = async (name: string, seed: string) => {
    const output = path.join(folder, name);
    const args = ['data', 'preview', sample, '--count', '3', '--seed', seed, '--out', output, '--json'];
    const { status, stdout } = await nucleate(args);
    expect(status).toBe(0);
    const { files, ids } = JSON.parse(stdout) as {
      files: Record<string, string>;
      ids: Record<string, string[]>;
    };
    expect(ids['detection']).toHaveLength(3);
    return Promise.all([readImage(files['detection']!), readImage(files['segmentation']!)]);
  };
  const [detection, segmentation] = await preview('one', '1');
  // Four columns of two 256 px pictures, five of two of 192 px; 6 px between and around them.
  expect([detection.width, detection.height]).toEqual([4 * (512 + 6) + 6, 256 + 12]);
  expect([segmentation.width, segmentation.height]).toEqual([5 * (384 + 6) + 6, 192 + 12]);
  const again = await preview('two', '1');
  const other = await preview('three', '2');
  const bytes = ({ data }: { data: Uint8Array | Uint16Array }) => Buffer.from(data.buffer).toString('base64');
  expect(bytes(again[0])).toBe(bytes(detection));
  expect(bytes(other[0])).not.toBe(bytes(detection));
});

test('data preview --config shows only crops for the network of the config', async () => {
  const preview = async (...more: string[]) => {
    const output = path.join(folder, 'config');
    const config = ['--config', 'configs/segmenter/tiny.yaml', '--count', '2'];
    const outcome = await nucleate([
      'data',
      'preview',
      sample,
      ...config,
      ...more,
      '--out',
      output,
      '--json',
    ]);
    expect(outcome.status).toBe(0);
    const { files } = JSON.parse(outcome.stdout) as { files: Record<string, string> };
    expect(Object.keys(files)).toEqual(['segmentation']);
    return readImage(files['segmentation']!);
  };
  const { data, width } = await preview();
  const { data: smaller, width: smallerWidth } = await preview('--set', 'loader.cropSize=32');
  expect(smallerWidth).toBeLessThan(width);
  expect(Buffer.from(smaller.buffer).equals(Buffer.from(data.buffer))).toBe(false);
});

test('data preview --set needs a config', async () => {
  const outcome = await nucleate(['data', 'preview', sample, '--set', 'seed=2', '--json']);
  expect(outcome.status).toBe(2);
  expect(jsonError(outcome).what).toBe('--set needs --config: it changes a value of a config.');
});

test('data anchors fits anchors, scales them and rates given ones', async () => {
  const args = [
    'data',
    'anchors',
    sample,
    '--scales',
    '1,2',
    '--sizes',
    '16,32',
    '--size-count',
    '2',
    '--json',
  ];
  const { status, stdout } = await nucleate(args);
  expect(status).toBe(0);
  const result = JSON.parse(stdout) as {
    boxes: number;
    fitted: { sizes: number[] };
    coverage: { anchors: string; scale: number; sizes: number[]; atIou50: number }[];
  };
  expect(result.boxes).toBe(925);
  expect(result.coverage.map(({ anchors, scale }) => `${anchors} ${scale}`)).toEqual([
    'fitted 1',
    'given 1',
    'fitted 2',
    'given 2',
  ]);
  expect(result.coverage[2]!.sizes).toEqual(result.fitted.sizes.map((size) => 2 * size));
  expect(result.coverage[3]!.sizes).toEqual([16, 32]);
  // Boxes grow with the scale and the stride does not, so more of them meet an anchor.
  expect(result.coverage[2]!.atIou50).toBeGreaterThan(result.coverage[0]!.atIou50);
});

test.each([
  [['--scales', '1,0'], '--scales takes comma-separated numbers above 0, received `1,0`.'],
  [['--stride', 'wide'], '--stride takes a number above 0, received `wide`.'],
  [['--size-count', '0'], '--size-count takes a whole number of at least 1, received `0`.'],
])('data anchors %j is an error', async (options, what) => {
  const outcome = await nucleate(['data', 'anchors', sample, ...options, '--json']);
  expect(outcome.status).toBe(2);
  expect(jsonError(outcome).what).toBe(what);
});

test('a preview that cannot be written is an input/output error', async () => {
  const output = path.join(folder, 'file');
  writeFileSync(output, '');
  const outcome = await nucleate(['data', 'preview', sample, '--count', '1', '--out', output, '--json']);
  expect(outcome.status).toBe(8);
});
