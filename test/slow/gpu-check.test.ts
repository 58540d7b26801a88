import { expect, test } from 'vitest';
import { nucleate } from '../cli/run-nucleate.js';

test('doctor --gpu tries itself on the processor, within its time, and says so', async () => {
  const { stdout, status } = await nucleate(['doctor', '--gpu', '--device', 'cpu', '--json', '--quiet']);
  const report = JSON.parse(stdout) as {
    hasGpu: boolean;
    seconds: number;
    checks: { name: string; passed: boolean | null; measured: Record<string, number> }[];
  };
  expect(report.checks.filter(({ passed }) => passed === false)).toEqual([]);
  expect(status).toBe(0);
  expect(report).toMatchObject({ hasGpu: false });
  expect(report.seconds).toBeLessThan(8 * 60);
  // One device against itself: the same to the pixel.
  expect(report.checks[0]!.measured['score']).toBe(1);
  expect(stdout).not.toContain(process.cwd());
});
