import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { importAnnotations } from '../../src/index.js';

const folder = mkdtempSync(path.join(tmpdir(), 'import-'));
afterAll(() => rmSync(folder, { recursive: true }));

test('a program makes a dataset, whose record has its words', async () => {
  const out = path.join(folder, 'mine');
  const facts = { annotator: 'ada', licence: 'CC-BY-4.0' };
  const provenance = await importAnnotations('examples/dsb2018-mini', { out, ...facts });
  expect(provenance.sources).toMatchObject([{ ...facts, images: 24 }]);
  expect(readdirSync(out).filter((name) => name.endsWith('_masks.png'))).toHaveLength(24);
  // Not twice into one place.
  await expect(importAnnotations('examples/dsb2018-mini', { out })).rejects.toMatchObject({ exitCode: 2 });
});
