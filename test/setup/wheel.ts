import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { Wheel } from '../../setup/download.js';

/** A real wheel with the layout of TensorFlow's: 20 MB of noise as the library, so that work on it takes a while. */
const makeWheel = `
import os, random, sys, zipfile
noise = random.Random(1).randbytes(20_000_000)
info = 'tinyflow-1.0.dist-info'
with zipfile.ZipFile(sys.argv[1], 'w', zipfile.ZIP_STORED) as wheel:
    for name, content in {
        'tensorflow/libtensorflow_cc.so.2': noise,
        'tensorflow/include/tensorflow/c/c_api.h': b'// C API',
        'tensorflow/python/big.py': b'print()',
        info + '/METADATA': b'Metadata-Version: 2.1\\nName: tinyflow\\nVersion: 1.0\\n',
        info + '/WHEEL': b'Wheel-Version: 1.0\\nRoot-Is-Purelib: false\\nTag: py3-none-manylinux_2_27_x86_64\\n',
        info + '/RECORD': b'',
    }.items(): wheel.writestr(zipfile.ZipInfo(name), content)
`;

/** An empty cache, and an index folder from which pip gets the wheel without a network. */
export function makeIndex(): { cache: string; folder: string; wheel: Wheel; pip: Record<string, string> } {
  const base = mkdtempSync(path.join(tmpdir(), 'nucleate-setup-'));
  const index = path.join(base, 'index');
  const cache = path.join(base, 'cache');
  mkdirSync(index);
  const file = path.join(index, 'tinyflow-1.0-py3-none-manylinux_2_27_x86_64.whl');
  execFileSync('python3', ['-c', makeWheel, file]);
  return {
    cache,
    folder: path.join(cache, 'tinyflow-1.0'),
    wheel: {
      package: 'tinyflow',
      version: '1.0',
      file: path.basename(file),
      size: statSync(file).size,
      sha256: createHash('sha256').update(readFileSync(file)).digest('hex'),
    },
    pip: { PIP_NO_INDEX: '1', PIP_FIND_LINKS: index },
  };
}
