import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { randomFor } from '../../src/random.js';
import { runFiles } from '../../src/run/run-folder.js';
import { nativeEnvironment } from '../../setup/environment.js';
import { root } from '../cli/run-nucleate.js';
import { scratchFolder } from '../run/scratch.js';
import { outcomeOf } from '../train/tiny-run.js';

const steps = 16;

/** A short training of a tiny config with validations, checkpoints and loader threads. */
const shared = [
  `budget.steps=${steps}`,
  `schedule.steps=${steps}`,
  'schedule.warmupSteps=4',
  'validation.everySteps=7',
  'checkpoints.everySteps=3',
  'checkpoints.keepLast=2',
  'loader.workers=1',
];

/**
 * Runs `nucleate train` in a process of its own, without the launcher, which cannot forward a `kill -9`. Resumes the run
 * in the folder if there is one.
 *
 * @param onStep Called after each step; may kill the process.
 */
function train(
  task: string,
  folder: string,
  settings: readonly string[],
  onStep: (step: number, kill: () => void) => void = () => {},
): Promise<{ status: number | null; signal: NodeJS.Signals | null; stderr: string }> {
  const begun = existsSync(path.join(runFiles(folder).checkpoints, 'latest'));
  const place = begun
    ? ['--resume', folder]
    : [
        '--config',
        `configs/${task}/tiny.yaml`,
        '--run-dir',
        folder,
        ...settings.flatMap((set) => ['--set', set]),
      ];
  const child = spawn(
    process.execPath,
    ['--import', 'tsx', 'src/cli/main.ts', 'train', task, ...place, '--device', 'cpu', '--json'],
    { cwd: root, env: nativeEnvironment(process.env, { verbose: false }), stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let [stderr, rest] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop()!;
    for (const line of lines) {
      const { event, step } = JSON.parse(line) as { event?: string; step?: number };
      if (event === 'step') onStep(step!, () => void child.kill('SIGKILL'));
    }
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status, signal) => resolve({ status, signal, stderr }));
  });
}

test.each([
  ['detector', ['loader.batchSize=2', 'loader.cropSize=64', 'predict.images=1']],
  ['segmenter', ['loader.batchSize=4', 'scoring.maxNuclei=20']],
])('%s: killed at 10 random instants, it ends as the unbroken run, to the bit', async (task, others) => {
  const settings = [...shared, ...others];
  const unbroken = path.join(scratchFolder(), 'run');
  const whole = await train(task, unbroken, settings);
  expect(whole.status, whole.stderr).toBe(0);

  const random = randomFor(1, 'network-kills', task);
  let kills = 0;
  for (let run = 0; kills < 10; run++) {
    const folder = path.join(scratchFolder(), 'run');
    for (let processes = 0; ; processes++) {
      // After some of its own steps, and then some time later: in a step, a validation or a checkpoint. Most runs end
      // after a few processes, since what they save in between is kept.
      const killAfter = 1 + random.integer(8);
      const afterMs = 400 * random.uniform();
      let seen = 0;
      const ended = await train(task, folder, settings, (_, kill) => {
        if (++seen === killAfter && processes < 8) setTimeout(kill, afterMs);
      });
      if (ended.signal === null) {
        expect(ended.status, ended.stderr).toBe(0);
        break;
      }
      expect(ended.signal).toBe('SIGKILL');
      kills++;
    }
    expect(outcomeOf(folder), `run ${run}`).toEqual(outcomeOf(unbroken));
  }
  expect(kills).toBeGreaterThanOrEqual(10);
});
