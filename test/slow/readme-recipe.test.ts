/** The recipe of the README for a model of one's own, as written, on a stranger's folder of 12 images. */
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';

const root = path.resolve(import.meta.dirname, '../..');
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-recipe-'));
const dataset = path.join(folder, 'dataset');
afterAll(() => rmSync(folder, { recursive: true }));

/** Few steps; nothing else differs from the README. */
const short = ['budget.steps=2', 'schedule.steps=2', 'schedule.warmupSteps=0', 'validation.everySteps=2']
  .map((value) => `--set ${value}`)
  .join(' ');

test('works on 12 images', { timeout: 1_800_000 }, () => {
  mkdirSync(dataset);
  const sample = path.join(root, 'examples/dsb2018-mini');
  const ids = readdirSync(sample).flatMap((name) => /^(.*)_masks\.png$/u.exec(name)?.[1] ?? []);
  for (const id of ids.filter((_, index) => index % 2 === 0)) {
    for (const rest of ['.png', '_masks.png'])
      copyFileSync(path.join(sample, id + rest), path.join(dataset, id + rest));
  }
  const readme = readFileSync(path.join(root, 'README.md'), 'utf8');
  const [, recipe] = /## A model of your own[\s\S]*?```sh\n([\s\S]*?)```/u.exec(readme)!;
  const images = path.join(dataset, readdirSync(dataset)[0]!);
  const script = recipe!
    .replaceAll('DATASET', dataset)
    .replaceAll('MY_IMAGES', images)
    .replaceAll('npx nucleate', `node ${root}/bin/nucleate.js`)
    .replaceAll('FROM=models', `FROM=${root}/models`)
    .replaceAll('--config configs', `--config ${root}/configs`)
    .replaceAll('--run-dir', `${short} --run-dir`);
  const { status, stderr } = spawnSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' });
  expect(status, stderr).toBe(0);
  expect(readdirSync(folder)).toEqual(
    expect.arrayContaining(['eval.html', 'models', 'nuclei', 'runs', 'split.json']),
  );
  expect(stderr).not.toContain('optimistic');
});
