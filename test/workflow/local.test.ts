import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { nucleate } from '../cli/run-nucleate.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { findSnakemake } from './snakemake-environment.js';
import { snakemake } from './snakemake-run.js';
import { writeTinyInputs } from './tiny-inputs.js';

useNativeCpu();

const program = findSnakemake();
const without = program ? '' : ' (skipped: npx tsx test/workflow/snakemake-environment.ts makes Snakemake)';
const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-snakemake-'));
const at = (...names: string[]) => path.join(folder, ...names);
afterAll(() => rmSync(folder, { recursive: true }));

test.skipIf(!program)(
  `Snakemake on this machine predicts in shards what one prediction does; a corrupt image fails the run at its end${without}`,
  async () => {
    await writeTinyInputs(folder, 4);
    writeFileSync(at('images', 'corrupt.png'), readFileSync(at('images', 'i000.png')).subarray(0, 200));
    const predict = { images: ['images'], shards: 2, model: 'model', formats: ['labels'] };
    const place = { folder, target: 'predict', profile: 'local' };
    const failed = await snakemake(program!, { ...place, changes: { out: 'results', predict } });
    expect([failed.status, failed.stdout + failed.stderr]).toEqual([
      1,
      expect.stringContaining('images have no results'),
    ]);
    const allowed = { ...predict, allow_missing: true };
    const { status } = await snakemake(program!, { ...place, changes: { out: 'results', predict: allowed } });
    expect(status).toBe(0);
    const plain = ['predict', 'images', '--model', 'model', '--out', 'plain', '--format', 'labels'];
    await nucleate([...plain, '--device', 'cpu'], { cwd: folder });
    const names = readdirSync(at('plain/labels')).sort();
    expect(names).toHaveLength(4);
    expect(readdirSync(at('results/nuclei/labels')).sort()).toEqual(names);
    for (const name of names) {
      const label = readFileSync(at('results/nuclei/labels', name));
      expect(label.equals(readFileSync(at('plain/labels', name)))).toBe(true);
    }
  },
  300_000,
);

test.skipIf(!program)(
  `10,000 images are fewer than 500 jobs${without}`,
  async () => {
    mkdirSync(at('many'));
    for (let index = 0; index < 10_000; index++) writeFileSync(at('many', `${index}.png`), '');
    const changes = { out: 'many-out', predict: { images: ['many'], shards: 64 } };
    const dry = await snakemake(program!, { folder, target: 'predict', profile: 'local', changes }, [
      '--dry-run',
    ]);
    const jobs = Number(/^total +(\d+)$/mu.exec(dry.stdout + dry.stderr)?.[1]);
    expect([dry.status, jobs]).toEqual([0, 68]);
  },
  120_000,
);
