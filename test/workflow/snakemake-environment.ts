/**
 * Makes the Python environment of Snakemake, once, in the cache folder: `npx tsx test/workflow/snakemake-environment.ts`. About
 * 300 MB; needs Python 3.11 or later.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../setup/environment.js';

const packages = ['snakemake==9.27.1', 'snakemake-executor-plugin-slurm==2.8.0'];

const folder = path.join(`${cacheFolder(process.env)}-snakemake`, 'venv');

/** Snakemake: that of the variable NUCLEATE_SNAKEMAKE or of the environment, if it is made. */
export function findSnakemake(): string | undefined {
  const given = process.env['NUCLEATE_SNAKEMAKE'];
  if (given) return given;
  const program = path.join(folder, 'bin/snakemake');
  return existsSync(program) ? program : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const run = (command: string, args: string[]) => {
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  };
  if (!existsSync(folder)) run('python3', ['-m', 'venv', folder]);
  run(path.join(folder, 'bin/python'), ['-m', 'pip', 'install', '--quiet', ...packages]);
}
