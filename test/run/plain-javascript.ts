import { mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** All that the scripts of these tests import, directly or indirectly. */
const sources = [
  'src/errors.ts',
  'src/make-folders.ts',
  'src/plain-file.ts',
  'src/process-identity.ts',
  'src/random.ts',
  'src/config',
  'src/safetensors',
  'src/run',
  'test/run',
];

/**
 * Writes these scripts as JavaScript. A process then starts in a fifth of the time that tsx takes, and the tests kill
 * many of them.
 *
 * @param folder Where they are written; `<folder>/test/run/x.child.js` is the script of `x.child.ts`.
 */
export function writePlainJavascript(folder: string): void {
  mkdirSync(folder, { recursive: true });
  symlinkSync(path.join(root, 'node_modules'), path.join(folder, 'node_modules'));
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  for (const source of sources) {
    const files = source.endsWith('.ts') ? [source] : under(source);
    for (const file of files) {
      const { outputText } = ts.transpileModule(readFileSync(path.join(root, file), 'utf8'), {
        compilerOptions: { module: ts.ModuleKind.ESNext, target: ts.ScriptTarget.ES2022 },
      });
      const target = path.join(folder, file.replace(/\.ts$/u, '.js'));
      mkdirSync(path.dirname(target), { recursive: true });
      writeFileSync(target, outputText);
    }
  }
}

const under = (folder: string): string[] =>
  readdirSync(path.join(root, folder), { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .map((file) => path.join(folder, file));
