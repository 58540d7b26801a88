import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { commands } from '../../src/cli/commands.js';
import { flatten } from '../../src/cli/command.js';
import { nucleate } from '../cli/run-nucleate.js';

interface Report {
  readonly images: string[];
  readonly models: { name: string; score: number }[];
  readonly steps: { command: string; seconds: number; result: Record<string, unknown> }[];
}

test('a quickstart of few steps, from another folder: each command, its result, and the files it leaves', async () => {
  const cwd = mkdtempSync(path.join(tmpdir(), 'nucleate-quickstart-'));
  onTestFinished(() => rmSync(cwd, { recursive: true }));
  const outcome = await nucleate(['quickstart', '--steps', '5', '--json', '--quiet'], { cwd });
  expect(outcome).toMatchObject({ status: 0, stderr: '' });
  const { images, models, steps } = JSON.parse(outcome.stdout) as Report;

  const usages = flatten(commands).map(({ usage }) => usage.replace(/ *[<[].*/u, ''));
  const named = steps.map(({ command }) => usages.find((usage) => command.startsWith(`nucleate ${usage} `)));
  expect(named).toEqual([
    'train detector',
    'train segmenter',
    'model pack',
    'tune',
    'predict',
    'predict',
    'eval',
    'report',
    'report',
  ]);
  expect(steps[0]!.result).toMatchObject({ event: 'ended', ending: 'steps', step: 5 });
  const { targets } = steps[6]!.result as { targets: { score: number }[] };
  expect(models).toMatchObject([
    { name: 'tiny', score: expect.closeTo(targets[0]!.score, 9) as number },
    { name: 'nucleate-stains', score: expect.closeTo(targets[1]!.score, 9) as number },
  ]);
  expect(models[1]!.score).toBeGreaterThan(models[0]!.score);

  const out = path.join(cwd, 'runs/quickstart');
  expect(readdirSync(cwd)).toEqual(['runs']);
  for (const name of ['tiny', 'nucleate-stains']) {
    const overlays = readdirSync(path.join(out, 'nuclei', name, 'overlay'));
    expect(overlays).toEqual(images.map((image) => `${image}.png`));
  }
  for (const page of ['eval.html', 'detector/report.html', 'segmenter/report.html'])
    expect(existsSync(path.join(out, page)), page).toBe(true);
  const record = JSON.parse(readFileSync(path.join(out, 'quickstart.json'), 'utf8')) as Report;
  expect(record.models).toEqual(models);
});
