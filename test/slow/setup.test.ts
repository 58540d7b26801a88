import { spawn } from 'node:child_process';
import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { randomFor } from '../../src/random.js';
import { freshClone } from './fresh-clone.js';

/** Seconds that an undisturbed set-up takes; kills happen at any time in it. */
const duration = 50;

test('killed at ten random instants, the real set-up always ends in a working install', async () => {
  const { base, clone, env, run } = freshClone();
  const random = randomFor(1, 'kill the set-up');
  for (let kill = 0; kill < 10; kill++) {
    const child = spawn(process.execPath, ['setup/setup.js', '--cpu'], { cwd: clone, env, stdio: 'ignore' });
    await setTimeout(random.uniform() * duration * 1000);
    child.kill('SIGKILL');
    // From nothing again, or only a part of it, so that kills meet every step.
    if (kill % 3 === 1) rmSync(path.join(base, 'cache'), { recursive: true, force: true });
  }
  expect(run('npm', 'run', 'setup', '--', '--cpu')).toMatchObject({ status: 0 });
  const doctor = run(process.execPath, 'bin/nucleate.js', 'doctor', '--json');
  expect(doctor.status, doctor.stderr).toBe(0);
  expect(JSON.parse(doctor.stdout)).toMatchObject({ device: 'cpu', problems: [] });

  const cache = path.join(base, 'cache/nucleate');
  const library = readdirSync(cache).find((name) => name.startsWith('tensorflow-'))!;
  const file = path.join(cache, library, 'tensorflow/libtensorflow_framework.so.2');
  const bytes = readFileSync(file);
  bytes[bytes.length >> 1]! ^= 1;
  writeFileSync(file, bytes);
  const repaired = run('npm', 'run', 'setup');
  expect(repaired.stderr).toContain('is damaged; installing it again');
  expect(repaired.status).toBe(0);
  expect(run(process.execPath, 'bin/nucleate.js', 'doctor').status).toBe(0);
  rmSync(base, { recursive: true });
});
