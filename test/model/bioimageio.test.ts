import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { openFileTree } from '../../src/data/files/open-files.js';
import { encodeNpy } from '../../src/model/bioimageio/npy.js';
import { writePackages } from '../../src/model/bioimageio/write-packages.js';
import { writeModelFolder } from '../../src/model/model-folder.js';
import { useNativeCpu } from '../helpers/tensors.js';
import { smallModel } from './small-model.js';

useNativeCpu();

const folder = mkdtempSync(path.join(tmpdir(), 'bioimageio-'));
afterAll(() => rmSync(folder, { recursive: true }));

interface Described {
  readonly source: string;
  readonly sha256: string;
}

test('packages hold what their descriptions name', { timeout: 120_000 }, async () => {
  const model = path.join(folder, 'model');
  await writeModelFolder(model, smallModel(), '# card\n');
  const out = path.join(folder, 'packages');
  const files = await writePackages(model, out, { authors: ['Ada'], licence: 'CC-BY-4.0' });
  expect(files.map((file) => path.basename(file))).toEqual(['segmenter.zip', 'model.zip']);
  for (const file of files) {
    const tree = await openFileTree(file);
    const description = parse((await tree.read('rdf.yaml')).toString()) as {
      license: string;
      authors: object[];
      documentation: string;
      inputs: [{ test_tensor: Described }];
      outputs: [{ test_tensor: Described }];
      attachments: [Described];
      weights: { tensorflow_js: Described };
    };
    expect(description).toMatchObject({ license: 'CC-BY-4.0', authors: [{ name: 'Ada' }] });
    const { inputs, outputs, attachments, weights } = description;
    const named = [inputs[0].test_tensor, outputs[0].test_tensor, attachments[0], weights.tensorflow_js];
    for (const { source, sha256 } of named) {
      const bytes = await tree.read(source);
      expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
    }
    expect((await tree.read(description.documentation)).toString()).toContain('## Validation');
    await tree.close();
  }
  // Not twice into one place.
  const again = writePackages(model, out, { authors: ['Ada'], licence: 'CC-BY-4.0' });
  await expect(again).rejects.toMatchObject({ exitCode: 2 });
});

test('a NumPy file has a head of a multiple of 64 bytes, and the values behind it', () => {
  const file = encodeNpy(Uint16Array.of(1, 258), [2]);
  expect(file.subarray(0, 8).toString('latin1')).toBe('\x93NUMPY\x01\x00');
  const head = 10 + file.readUInt16LE(8);
  expect(head % 64).toBe(0);
  expect(file.subarray(10, head).toString()).toMatch(
    /^\{'descr': '<u2', 'fortran_order': False, 'shape': \(2,\), \} *\n$/u,
  );
  expect([...file.subarray(head)]).toEqual([1, 0, 2, 1]);
});
