import { spawn } from 'node:child_process';
import { expect, test } from 'vitest';
import { launcher, root } from './run-nucleate.js';

test('doctor --gpu ends when it is asked to, and tries nothing more', async () => {
  const args = [launcher, 'doctor', '--gpu', '--device', 'cpu', '--no-progress'];
  const child = spawn(process.execPath, args, { cwd: root, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  let asked = 0;
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
    if (asked > 0 || !stderr.includes('the same nuclei as on the processor')) return;
    asked = performance.now() + 500;
    // By then the first command has begun; it takes seconds.
    setTimeout(() => child.kill('SIGTERM'), 500);
  });
  const status = await new Promise((resolve) => child.on('close', resolve));
  expect([status, stderr]).toEqual([143, expect.stringContaining('The checks were interrupted.')]);
  expect(stderr).not.toContain('a step of the detector');
  expect(performance.now() - asked).toBeLessThan(15_000);
});
