/**
 * Makes the Python environment of the other contenders once, beside the TensorFlow library in the cache folder:
 * `tsx bench/python-environment.ts`. About 7 GB, since PyPI's PyTorch brings its CUDA libraries.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { cacheFolder } from '../setup/environment.js';

const packages = [
  'tensorflow-cpu==2.21.0',
  'keras==3.15.1',
  'torch==2.6.0',
  'torchvision==0.21.0',
  'timm==1.0.31',
  'stardist==0.9.2',
  'cellpose==3.1.1.3',
];

const folder = path.join(`${cacheFolder(process.env)}-bench`, 'venv');

/** The interpreter of the environment; undefined before it is made. */
export function findPython(): string | undefined {
  const python = path.join(folder, 'bin/python');
  return existsSync(python) ? python : undefined;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const run = (command: string, args: string[]) => {
    const { status } = spawnSync(command, args, { stdio: 'inherit' });
    if (status !== 0) process.exit(status ?? 1);
  };
  if (!findPython()) run('python3', ['-m', 'venv', folder]);
  run(path.join(folder, 'bin/python'), ['-m', 'pip', 'install', ...packages]);
}
