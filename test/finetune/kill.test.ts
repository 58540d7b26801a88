import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';
import { nativeEnvironment } from '../../setup/environment.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { scratchFolder } from '../run/scratch.js';
import { writeDiscs, writeSmallModel } from './small-finetune.js';

const main = fileURLToPath(new URL('../../src/cli/main.ts', import.meta.url));

/** Runs `nucleate finetune --json` and sends a signal after a line that contains `at`. */
function finetuneUntil(args: readonly string[], at = 'never', signal: NodeJS.Signals = 'SIGKILL') {
  const { PATH, HOME } = process.env;
  // Without the launcher, whose child would save when it is killed.
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', main, 'finetune', ...args, '--json', '--device', 'cpu'],
    {
      env: nativeEnvironment({ PATH, HOME }, { verbose: false }),
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  );
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (stdout.includes(at) && !child.killed) child.kill(signal);
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise<{ status: number | null; stdout: string; stderr: string }>((resolve) =>
    child.on('close', (status) => resolve({ status, stdout, stderr })),
  );
}

useNativeCpu();

test('killed in both trainings and interrupted, it goes on and makes the same model to the bit', async () => {
  const folder = scratchFolder();
  const model = await writeSmallModel(path.join(folder, 'model'));
  const data = await writeDiscs(path.join(folder, 'mine'), 4);
  const place = (name: string) => [
    '--out',
    path.join(folder, name),
    '--run-dir',
    path.join(folder, `run-${name}`),
  ];
  const begin = [model, '--data', data, '--steps', '6'];
  const whole = await finetuneUntil([...begin, ...place('whole')]);
  expect(whole.status, whole.stderr).toBe(0);

  const resume = ['--resume', path.join(folder, 'run-killed')];
  await finetuneUntil([...begin, ...place('killed')], '"event":"step","step":3');
  const second = await finetuneUntil(resume, '"stage":"segmenter","about":{"event":"step","step":2');
  expect(second.stdout).toContain('died during this run; its lock is taken over');
  const third = await finetuneUntil(resume, '"event":"plan"', 'SIGINT');
  expect(third.status, third.stderr).toBe(130);
  const last = await finetuneUntil(resume);
  expect(last.status, last.stderr).toBe(0);
  expect(JSON.parse(last.stdout.trim().split('\n').at(-1)!)).toMatchObject({ ending: 'finished' });
  for (const file of ['detector.safetensors', 'segmenter.safetensors']) {
    const [one, other] = ['whole', 'killed'].map((name) => readFileSync(path.join(folder, name, file)));
    expect(one!.equals(other!), file).toBe(true);
  }
}, 600_000);
