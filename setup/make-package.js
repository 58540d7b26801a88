#!/usr/bin/env node
/**
 * Makes what the npm package has besides files of the repository (`npm pack` runs it): `lib`, the sources as JavaScript with
 * types, source maps and the commit, and `vendor/tfjs-node`, what it uses of tfjs-node.
 */
import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { build } from 'esbuild';
import { tsImport } from 'tsx/esm/api';
import { bundle, compiledInPackage } from './compile.js';
import { root } from './place.js';

const require = createRequire(import.meta.url);

async function makeLibrary() {
  rmSync(compiledInPackage, { recursive: true, force: true });
  await bundle(compiledInPackage, { entries: ['src/index.ts'], sourcesContent: true });
  const compiler = path.join(path.dirname(require.resolve('typescript/package.json')), 'bin/tsc');
  execFileSync(process.execPath, [compiler, '--project', 'tsconfig.package.json'], {
    cwd: root,
    stdio: 'inherit',
  });
}

/** One file of tfjs-node's JavaScript (and of google-protobuf, which it uses), and the C++ that set-up builds. */
async function makeVendor() {
  const folder = path.join(root, 'vendor/tfjs-node');
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  await build({
    absWorkingDir: root,
    entryPoints: ['setup/tfjs-node.cjs'],
    outfile: path.join(folder, 'index.cjs'),
    bundle: true,
    // There must be one engine only.
    external: ['@tensorflow/tfjs', '@tensorflow/tfjs-core'],
    platform: 'node',
    target: 'node20',
    legalComments: 'eof',
    logLevel: 'warning',
  });
  const sources = path.join(root, 'node_modules/@tensorflow/tfjs-node-gpu/binding');
  for (const name of readdirSync(sources))
    cpSync(path.join(sources, name), path.join(folder, 'binding', name));
}

/** Where it is installed, git would know of the user's repository only. */
async function recordCommit() {
  const { packedGitFile, readGitState } = /** @type {typeof import('../src/run/git.js')} */ (
    await tsImport('../src/run/git.ts', import.meta.url)
  );
  writeFileSync(path.join(root, packedGitFile), `${JSON.stringify(readGitState(root))}\n`);
}

await makeLibrary();
await recordCommit();
await makeVendor();
