/**
 * Makes the Python environment of the programs that read nucleate's outputs, once, in the cache folder:
 * `npx tsx test/predict/formats/python-environment.ts`. About 450 MB, in half a minute.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../../../setup/environment.js';

const packages = [
  'numpy==2.4.6',
  'pycocotools==2.0.11',
  'roifile==2026.2.10',
  'scikit-image==0.26.0',
  'shapely==2.2.0',
  'tifffile==2026.3.3',
  'imagecodecs==2026.3.6',
];

const folder = path.join(`${cacheFolder(process.env)}-formats`, 'venv');

/** The interpreter that has the programs: of the variable NUCLEATE_FORMATS_PYTHON or of the environment, if it is made. */
export function findPython(): string | undefined {
  const given = process.env['NUCLEATE_FORMATS_PYTHON'];
  if (given) return given;
  const python = path.join(folder, 'bin/python');
  return existsSync(python) ? python : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const run = (command: string, args: string[]) => {
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  };
  if (!existsSync(folder)) run('python3', ['-m', 'venv', folder]);
  run(path.join(folder, 'bin/python'), [
    '-m',
    'pip',
    'install',
    '--quiet',
    '--only-binary',
    ':all:',
    ...packages,
  ]);
}
