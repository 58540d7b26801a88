import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { runFiles } from '../../src/run/run-folder.js';
import { jsonError, nucleate } from './run-nucleate.js';

const home = mkdtempSync(path.join(tmpdir(), 'nucleate-runs-'));
afterAll(() => rmSync(home, { recursive: true }));

/** A run whose process was killed in the middle of a line. */
function makeRun(name: string, learningRate: number): string {
  const folder = path.join(home, name);
  const files = runFiles(folder);
  mkdirSync(files.checkpoints, { recursive: true });
  writeFileSync(
    files.resolvedConfig,
    `task: detector\nschedule:\n  learningRate: ${learningRate}\nbudget:\n  steps: 9\n`,
  );
  writeFileSync(files.environment, '{"device":"cpu"}');
  writeFileSync(files.dataset, '{"path":"data/cells"}');
  const status = { state: 'running', exitCode: null, step: 2, best: { step: 1, score: 0.5 }, message: null };
  const times = { started: '2026-01-01T00:00:00.000Z', updated: '2026-01-01T00:01:00.000Z' };
  writeFileSync(files.status, JSON.stringify({ ...status, ...times }));
  const lines = [
    { step: 1, kind: 'train', loss: 2, boxes: 1, learningRate, gradientNorm: 1, stepMs: 9, dataMs: 1 },
    { step: 1, kind: 'validation', score: 0.5, ap: 0.5, seconds: 1 },
    { step: 2, kind: 'train', loss: 1, boxes: 0.5, learningRate, gradientNorm: 1, stepMs: 9, dataMs: 1 },
  ].map((line) => `${JSON.stringify(line)}\n`);
  writeFileSync(files.metrics, `${lines.join('')}{"step":3,"ki`);
  return folder;
}

const one = makeRun('one', 0.1);
const other = makeRun('other', 0.2);

test('runs are listed, as text and as JSON', async () => {
  const { status, stdout, stderr } = await nucleate(['runs', home]);
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  expect(stdout).toMatch(/^one +detector +died +2\/9 +box AP 0\.5000 +cells +- +\d kB$/mu);
  const json = await nucleate(['runs', 'list', home, '--json']);
  const { runs } = JSON.parse(json.stdout) as { runs: { folder: string; state: string }[] };
  expect(runs.map(({ folder, state }) => [folder, state])).toEqual([
    [one, 'died'],
    [other, 'died'],
  ]);
});

test('without a training there are no runs; a missing folder is an error', async () => {
  const empty = path.join(home, 'empty');
  mkdirSync(empty);
  expect(await nucleate(['runs'], { cwd: empty })).toMatchObject({
    status: 0,
    stdout: 'The folder `runs` holds no runs.\n',
  });
  const missing = await nucleate(['runs', 'gone', '--json'], { cwd: empty });
  expect(missing.status).toBe(2);
  expect(jsonError(missing)).toMatchObject({ code: 2, where: 'gone' });
});

test('two runs are compared', async () => {
  const { stdout } = await nucleate(['runs', 'diff', one, other]);
  expect(stdout).toContain('  schedule.learningRate\n    [1] 0.1\n    [2] 0.2\n');
  expect(stdout).toContain('environment: the same');
  expect(stdout).toMatch(/^ {2}ap +0\.5000 +0\.5000 +0\.0000$/mu);
  const rejected = await nucleate(['runs', 'diff', one, home, '--json']);
  expect(jsonError(rejected)).toMatchObject({ code: 2, where: home });
});

test('a run is shown: in a pipe without control codes, in 80 columns, and as SVG', async () => {
  const svg = path.join(home, 'curves.svg');
  const { stdout, status } = await nucleate(['runs', 'show', `${one}/`, '--svg', svg], {
    env: { FORCE_COLOR: '1' },
  });
  expect(status).toBe(0);
  expect(stdout).not.toMatch(/[\u0000-\u0009\u000b-\u001f]|NaN|undefined/u);
  expect(stdout).toContain('step 2 of 9, best box AP 0.5000 at step 1');
  expect(stdout).toContain('loss, logarithmic');
  expect(stdout).toContain(`  metrics         ${runFiles(one).metrics}\n`);
  for (const line of stdout.split('\n').filter((text) => !text.includes(home)))
    expect(line.length).toBeLessThan(81);
  expect(readFileSync(svg, 'utf8')).toMatch(/^<svg/u);
});

test('a page of a run', async () => {
  const outcome = await nucleate(['report', one, '--json']);
  const page = path.join(one, 'report.html');
  expect(JSON.parse(outcome.stdout)).toMatchObject({ page, run: { state: 'died' } });
  expect(readFileSync(page, 'utf8')).toContain('<title>Run: ');
});

/** Root may write everywhere. */
test.skipIf(process.getuid?.() === 0)('a page that cannot be written: exit code 8', async () => {
  chmodSync(one, 0o555);
  const outcome = await nucleate(['report', one, '--json']);
  chmodSync(one, 0o755);
  expect(jsonError(outcome).code).toBe(8);
});

test('a page in a missing folder: exit code 8', async () => {
  const outcome = await nucleate(['report', one, '--out', path.join(home, 'gone/page.html'), '--json']);
  expect(jsonError(outcome)).toMatchObject({ code: 8 });
});
