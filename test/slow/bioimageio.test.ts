import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';
import { nucleate } from '../cli/run-nucleate.js';

test('bioimageio.spec finds nothing wrong with the packages of the bundled model, and numpy reads their tensors', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-bioimageio-'));
  const out = path.join(folder, 'packages');
  const written = await nucleate([
    ...['model', 'bioimageio', 'models/nucleate-small', '--out', out, '--author', 'The authors of nucleate'],
  ]);
  expect(written).toMatchObject({ status: 0 });
  execFileSync('python3', ['-m', 'venv', path.join(folder, 'venv')]);
  const python = path.join(folder, 'venv/bin/python');
  execFileSync(python, ['-m', 'pip', 'install', '--quiet', 'bioimageio.spec==0.5.14.3']);
  const script = path.join(import.meta.dirname, 'check_packages.py');
  const packages = ['segmenter.zip', 'model.zip'].map((name) => path.join(out, name));
  const { status, stdout } = spawnSync(python, [script, ...packages], { encoding: 'utf8', cwd: folder });
  expect({ status, errors: stdout.split('\n').filter((line) => line.includes(' error ')) }).toEqual({
    status: 0,
    errors: [],
  });
});
