import { linkSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { run } from '../../cli/run-nucleate.js';

const list = fileURLToPath(new URL('../../../src/predict/inputs/list-images.ts', import.meta.url));

test('a folder with more images than files may be open at once is listed whole', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-many-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const first = path.join(folder, '0.png');
  writeFileSync(first, 'x');
  for (let image = 1; image < 1000; image++) linkSync(first, path.join(folder, `${image}.png`));
  const script = `
    import { listImages } from ${JSON.stringify(list)};
    const { images, leftOut } = await listImages([${JSON.stringify(folder)}]);
    console.log(images.length, leftOut.length);`;
  const node = `'${process.execPath}' --import tsx --input-type=module --eval "$0"`;
  const { stdout, stderr } = await run('bash', ['-c', `ulimit -n 200; ${node}`, script]);
  expect(stdout, stderr).toBe('1000 0\n');
});
