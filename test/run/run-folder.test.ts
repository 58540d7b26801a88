import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from 'vitest';
import { packedGitFile, readCodeState, readGitState } from '../../src/run/git.js';
import { lockRun } from '../../src/run/lock/lock.js';
import { createRunFolder, isUnbegun, runFiles } from '../../src/run/run-folder.js';
import { readStatus, type RunStatus, writeStatus } from '../../src/run/status.js';
import { scratchFolder } from './scratch.js';

const records = {
  config: '# mine\nseed: 1\n',
  resolvedConfig: 'seed: 1\n',
  environment: { device: 'cpu', cores: 2 },
  git: null,
  dataset: { sha256: 'd0' },
  split: null,
  metricNames: '{}',
};
/** In the hour that central Europe had twice. */
const now = new Date('2026-10-25T00:30:05.678Z');

test('a run folder records how the run began', () => {
  const folder = createRunFolder({ runs: path.join(scratchFolder(), 'runs'), name: 'tiny', now }, records);
  expect(path.basename(folder)).toBe('tiny-20261025-003005');
  expect(readdirSync(folder).sort()).toEqual([
    'checkpoints',
    'config.resolved.yaml',
    'config.yaml',
    'dataset.json',
    'env.json',
    'eval',
    'git.json',
    'metric-names.json',
    'tb',
  ]);
  expect(readFileSync(runFiles(folder).config, 'utf8')).toBe(records.config);
  expect(JSON.parse(readFileSync(runFiles(folder).environment, 'utf8'))).toEqual(records.environment);
});

test('two runs in the same second get two folders', () => {
  const runs = scratchFolder();
  const folders = [1, 2, 3].map(() => path.basename(createRunFolder({ runs, name: 'a', now }, records)));
  expect(folders).toEqual(['a-20261025-003005', 'a-20261025-003005-2', 'a-20261025-003005-3']);
});

test('what a process has left that was killed while it made the folder is no run; a file of the user stays', () => {
  const folder = createRunFolder(path.join(scratchFolder(), 'run'), records);
  expect(() => createRunFolder(folder, records)).toThrow('The folder for the run is not empty.');
  writeFileSync(path.join(folder, '.starting'), '');
  rmSync(runFiles(folder).resolvedConfig);
  writeFileSync(path.join(folder, 'mine.txt'), '');
  expect(() => createRunFolder(folder, records)).toThrow('The folder for the run is not empty.');
  rmSync(path.join(folder, 'mine.txt'));
  expect(isUnbegun(folder)).toBe(true);
  createRunFolder(folder, { ...records, config: 'seed: 2\n' });
  expect(readFileSync(runFiles(folder).config, 'utf8')).toBe('seed: 2\n');
  expect(isUnbegun(folder)).toBe(false);
});

test.each(['', '../x', 'a/b', '.hidden', 'a\nb', 'x'.repeat(101)])('the name %j is rejected', (name) => {
  const runs = scratchFolder();
  expect(() => createRunFolder({ runs, name, now }, records)).toThrow(
    expect.objectContaining({ exitCode: 2 }) as Error,
  );
  expect(readdirSync(runs)).toEqual([]);
});

test('a place that cannot be written: exit code 8', () => {
  const file = path.join(scratchFolder(), 'file');
  writeFileSync(file, '');
  expect(() => createRunFolder({ runs: file, name: 'a', now }, records)).toThrow(
    expect.objectContaining({ exitCode: 8 }) as Error,
  );
});

const status: RunStatus = {
  state: 'running',
  exitCode: null,
  step: 3,
  best: { step: 2, score: 0.5 },
  started: now.toISOString(),
  updated: now.toISOString(),
  message: null,
};

test('the status is read as written; `running` without a process is read as `died`', async () => {
  const folder = scratchFolder();
  expect(readStatus(folder)).toBeNull();
  const lock = lockRun(folder, { force: false, onTakeover: () => {} });
  await writeStatus(folder, status);
  expect(readStatus(folder)).toEqual(status);
  lock.release();
  expect(readStatus(folder)).toEqual({ ...status, state: 'died' });
  await writeStatus(folder, { ...status, state: 'finished', exitCode: 0 });
  expect(readStatus(folder)).toEqual({ ...status, state: 'finished', exitCode: 0 });
  writeFileSync(runFiles(folder).status, '{');
  expect(readStatus(folder)).toBeNull();
});

test('the state of a repository: none, clean, changed', () => {
  const folder = scratchFolder();
  expect(readGitState(folder)).toBeNull();
  const git = (...args: string[]) => execFileSync('git', ['-C', folder, ...args], { encoding: 'utf8' });
  git('init', '-q');
  expect(readGitState(folder)).toBeNull();
  writeFileSync(path.join(folder, 'a'), '1');
  git('add', 'a');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'a');
  const commit = git('rev-parse', 'HEAD').trim();
  expect(readGitState(folder)).toEqual({ commit, dirty: false, diffSha256: null });
  writeFileSync(path.join(folder, 'a'), '2');
  const changed = readGitState(folder)!;
  expect(changed).toMatchObject({ commit, dirty: true });
  writeFileSync(path.join(folder, 'a'), '3');
  expect(readGitState(folder)!.diffSha256).not.toBe(changed.diffSha256);
});

test('the state of the code of an installed package is that of its making, not of the repository around it', () => {
  const project = scratchFolder();
  const git = (...args: string[]) => execFileSync('git', ['-C', project, ...args], { encoding: 'utf8' });
  git('init', '-q');
  git('-c', 'user.name=a', '-c', 'user.email=a@b', 'commit', '-qm', 'a', '--allow-empty');
  const installed = path.join(project, 'node_modules/nucleate-nuclei');
  mkdirSync(path.join(installed, path.dirname(packedGitFile)), { recursive: true });
  expect(readGitState(installed)).toBeNull();
  expect(readCodeState(installed)).toBeNull();
  const packed = { commit: '1234', dirty: false, diffSha256: null };
  writeFileSync(path.join(installed, packedGitFile), JSON.stringify(packed));
  expect(readCodeState(installed)).toEqual(packed);
  writeFileSync(path.join(installed, packedGitFile), 'null');
  expect(readCodeState(installed)).toBeNull();
  // A clone may hold what was packed of it earlier.
  mkdirSync(path.join(project, 'lib'));
  writeFileSync(path.join(project, packedGitFile), JSON.stringify(packed));
  expect(readCodeState(project)!.commit).toBe(git('rev-parse', 'HEAD').trim());
});
