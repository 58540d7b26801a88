/**
 * Speed and memory compared with other frameworks: `npm run bench -- NAME [arguments]`.
 *
 * The comment at the top of each benchmark says what it compares and what it needs.
 */
import { NucleateError } from '../src/errors.js';

const benchmarks: Record<string, string> = {
  'train-step': './steps.ts',
  forward: './steps.ts',
  'data-read': './data-read.ts',
  loader: './loader.ts',
  loop: './loop.ts',
  score: './score.ts',
  predict: './predict.ts',
  'predict-parts': './predict-parts.ts',
  'large-image': './large-image.ts',
  'z-stack': './z-stack.ts',
  annotate: './annotate.ts',
};

const name = process.argv[2] ?? '';
const file = benchmarks[name];
if (!file) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(benchmarks).join(' | ')}\n`);
  process.exit(2);
}
// The step benchmark reads its own name from the arguments; the others expect only what follows it.
if (file !== './steps.ts') process.argv.splice(2, 1);
try {
  await import(file);
} catch (error) {
  if (!(error instanceof NucleateError)) throw error;
  process.stderr.write(`error: ${error.message}\n  hint: ${error.hint}\n`);
  process.exitCode = error.exitCode;
}
