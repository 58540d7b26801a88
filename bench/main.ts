/**
 * Speed and memory, side by side with what users know: `npm run bench -- NAME [arguments]`.
 *
 * Each benchmark says at its top what it compares and what it needs.
 */
const benchmarks: Record<string, string> = {
  'train-step': './steps.ts',
  forward: './steps.ts',
  'data-read': './data-read.ts',
  loader: './loader.ts',
  loop: './loop.ts',
  score: './score.ts',
  predict: './predict.ts',
};

const name = process.argv[2] ?? '';
const file = benchmarks[name];
if (!file) {
  process.stderr.write(`usage: npm run bench -- ${Object.keys(benchmarks).join(' | ')}\n`);
  process.exit(2);
}
// The step benchmark takes its name as an argument; the others read theirs from the first on.
if (file !== './steps.ts') process.argv.splice(2, 1);
await import(file);
