/** Makes the demo page: the bundled model for plain TensorFlow.js, and a page that runs it in a browser. */
import { copyFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { startRuntime } from '../../src/engine/runtime.js';
import { exportNetwork } from '../../src/model/export-tfjs.js';
import { readModelFolder } from '../../src/model/model-folder.js';
import type { DemoSettings } from '../demo/exported-model.js';

const docs = path.join(import.meta.dirname, '..');
const root = path.join(docs, '..');
const require = createRequire(import.meta.url);

/** @param folder What is made; nothing else may be in it. */
export async function makeDemo(folder: string): Promise<void> {
  rmSync(folder, { recursive: true, force: true });
  const model = path.join(root, 'models/nucleate-stains');
  await startRuntime('cpu');
  for (const stage of ['detector', 'segmenter'] as const)
    await exportNetwork(stage, model, path.join(folder, stage));
  const { name, assemble, predict } = (await readModelFolder(model)).file;
  const settings: DemoSettings = { name, assemble, predict };
  writeFileSync(path.join(folder, 'settings.json'), JSON.stringify(settings));
  await build({
    absWorkingDir: root,
    entryPoints: ['docs/demo/page.ts', 'docs/demo/index.html'],
    outdir: folder,
    entryNames: '[name]',
    loader: { '.html': 'copy' },
    bundle: true,
    minify: true,
    legalComments: 'eof',
    format: 'esm',
    platform: 'browser',
    target: ['chrome111', 'firefox114', 'safari16.4'],
    logLevel: 'warning',
  });
  const wasm = path.dirname(require.resolve('@tensorflow/tfjs-backend-wasm'));
  for (const file of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
    copyFileSync(path.join(wasm, file), path.join(folder, file));
  copyFileSync(path.join(root, 'examples/dsb2018-mini/a-5afb7932.png'), path.join(folder, 'sample.png'));
}
