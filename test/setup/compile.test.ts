import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { copyNucleate, root, run } from '../cli/run-nucleate.js';

/** A copy of nucleate whose sources a test may change. */
function copyOfNucleate() {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-compile-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  copyNucleate(folder);
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  const main = path.join(folder, 'src/cli/main.ts');
  return {
    dist: path.join(folder, 'dist'),
    builds: () => readdirSync(path.join(folder, 'dist')),
    nucleate: (...args: string[]) => run(process.execPath, [path.join(folder, 'bin/nucleate.js'), ...args]),
    edit: (from: string, to: string) => writeFileSync(main, readFileSync(main, 'utf8').replace(from, to)),
  };
}

test('a changed source is compiled again; folders in use stay; those older than a week are deleted', async () => {
  const { nucleate, edit, builds, dist } = copyOfNucleate();
  expect(await nucleate('--version')).toMatchObject({ status: 0, stderr: '' });
  expect(await nucleate('--version')).toMatchObject({ status: 0 });
  const [first, ...others] = builds();
  expect(others).toEqual([]);
  const old = path.join(dist, 'old');
  mkdirSync(old);
  const weekAgo = Date.now() / 1000 - 8 * 24 * 3600;
  utimesSync(old, weekAgo, weekAgo);

  edit('Find cell nuclei', 'Count cell nuclei');
  expect((await nucleate('--help')).stdout).toContain('Count cell nuclei');
  expect(builds()).toHaveLength(2);
  expect(builds()).toContain(first);
  expect(existsSync(old)).toBe(false);
});

test('processes that compile at the same time get the same folder, and leave nothing else', async () => {
  const { nucleate, builds } = copyOfNucleate();
  const answers = await Promise.all(Array.from({ length: 3 }, () => nucleate('--version')));
  for (const { status, stderr } of answers) expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(builds()).toHaveLength(1);
});

test('a changed source beside a folder that cannot be written is one sentence', async () => {
  const { nucleate, dist } = copyOfNucleate();
  writeFileSync(dist, '');
  const { status, stderr } = await nucleate('--version');
  expect(status).toBe(8);
  expect(stderr).toMatch(
    /^error: The sources have changed, and what is compiled of them cannot be written: \S+: [^\n]+\.\n {2}hint: Make the folder dist writable and free disk space\.\n$/u,
  );
});

test('an error names the place of sources that are not valid TypeScript', async () => {
  const { nucleate, edit, builds } = copyOfNucleate();
  edit('async function run()', 'async function ()');
  const { status, stderr } = await nucleate('--version');
  expect(status).toBe(1);
  expect(stderr).toMatch(/^error: The sources cannot be compiled: .*src\/cli\/main\.ts:\d+:\d+: ERROR/su);
  expect(builds()).toEqual([]);
});
