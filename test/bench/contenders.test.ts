import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { chooseContenders, describeMissing } from '../../bench/contenders.js';
import { workloadsOf } from '../../bench/workload.js';

const workloads = workloadsOf('forward', 'batch');
const here = { python: '/venv/bin/python', workloads };
const withoutPython = { python: undefined, workloads };

test('without a choice all that are installed run, and the others are named', () => {
  expect(chooseContenders(undefined, here)).toEqual({
    chosen: ['compiled', 'eager', 'keras', 'pytorch'],
    missing: [],
  });
  const { chosen, missing } = chooseContenders(undefined, withoutPython);
  expect(chosen).toEqual(['compiled', 'eager']);
  expect(describeMissing(missing)).toBe(
    'Not installed, left out: keras, pytorch. To install: npx tsx bench/python-environment.ts (about 7 GB)',
  );
});

test('a contender that is asked for and cannot run is an error', () => {
  expect(chooseContenders('pytorch,compiled', here).chosen).toEqual(['pytorch', 'compiled']);
  expect(chooseContenders('eager', withoutPython)).toEqual({ chosen: ['eager'], missing: [] });
  expect(() => chooseContenders('compiled,keras', withoutPython)).toThrow('Not installed: keras.');
  expect(() => chooseContenders('compiled,karas', here)).toThrow('There is no contender `karas`.');
});

test('PyTorch has no segmenter: asked for on segmenters alone, it is an error', () => {
  const segmenters = workloads.filter(({ network }) => network.startsWith('segmenter'));
  expect(() => chooseContenders('pytorch', { ...here, workloads: segmenters })).toThrow(
    'pytorch has no segmenter, segmenter-paper.',
  );
  expect(chooseContenders(undefined, { ...here, workloads: segmenters }).chosen).toContain('pytorch');
});

test('npm run bench ends with one sentence and exit code 9', () => {
  const cache = mkdtempSync(path.join(tmpdir(), 'nucleate-bench-test-'));
  try {
    const main = fileURLToPath(new URL('../../bench/main.ts', import.meta.url));
    const { status, stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', import.meta.resolve('tsx'), main, 'forward', '--contenders', 'compiled,pytorch'],
      { encoding: 'utf8', env: { ...process.env, NUCLEATE_CACHE: path.join(cache, 'empty') } },
    );
    expect({ status, stdout, stderr }).toEqual({
      status: 9,
      stdout: '',
      stderr:
        'error: Not installed: pytorch.\n' +
        '  hint: Install Keras and PyTorch: npx tsx bench/python-environment.ts (about 7 GB)\n',
    });
  } finally {
    rmSync(cache, { recursive: true });
  }
});
