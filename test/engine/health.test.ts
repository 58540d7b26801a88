import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { pins } from '../../setup/library.js';
import { readStamp } from '../../setup/stamp.js';
import { examine } from '../../src/engine/health.js';

test('a working installation has versions, speeds and no problems', async () => {
  const health = await examine('cpu', readStamp());
  expect(health.problems).toEqual([]);
  expect(health).toMatchObject({
    node: process.versions.node,
    tfjs: '4.22.0',
    device: 'cpu',
    tensorflow: pins.tensorflow,
    library: { whole: true },
    binding: true,
  });
  expect(health.sharp).toMatch(/^\d+\.\d+\.\d+$/);
  expect(health.conv?.forwardGflops).toBeGreaterThan(0);
});

test('an empty library folder is reported with its path and a hint', async () => {
  const empty = mkdtempSync(path.join(tmpdir(), 'nucleate-health-'));
  const { library, problems } = await examine('cpu', { ...readStamp(), library: empty });
  expect(library).toMatchObject({ whole: false });
  expect(problems).toEqual([
    {
      what: 'The TensorFlow library is missing or damaged.',
      where: empty,
      hint: 'Run npx nucleate setup.',
    },
    { what: 'The modules that connect Node with TensorFlow are not built.', hint: 'Run npx nucleate setup.' },
  ]);
});
