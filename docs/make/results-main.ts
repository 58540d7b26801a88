/**
 * `npm run results` writes the numbers of docs/results.json into the documents. `npm run results -- DATASET` measures them
 * anew first: the scores of the model that the file names, on DATASET, stage1_train_fixed.zip for those of the documents.
 * What needs trainings, and the times, stay as they are.
 */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { EvalTarget } from '../../src/report/eval-schema.js';
import { documentsWithResults, readResults, type Results, resultsFile, withResults } from './results.js';

const root = path.join(import.meta.dirname, '../..');
const splits = 'configs/splits/dsb2018.json';

const rounded = (value: number) => Number(value.toFixed(3));

function evaluate(model: string, ...args: readonly string[]): EvalTarget {
  const command = ['bin/nucleate.js', 'eval', path.join(root, model), ...args, '--json'];
  const printed = execFileSync(process.execPath, command, {
    ...{ cwd: root, encoding: 'utf8', maxBuffer: 2 ** 28 },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return (JSON.parse(printed) as { targets: [EvalTarget] }).targets[0];
}

/** A value of all images, and of each cluster. */
const byCluster = <Part extends { readonly cluster: string }>(
  all: number,
  parts: readonly Part[],
  valueOf: (part: Part) => number,
) => ({
  all: rounded(all),
  ...Object.fromEntries(parts.map((part) => [part.cluster, rounded(valueOf(part))])),
});

function measure(old: Results, data: string): Results {
  const { model } = old;
  const fold = (number: number) => ['--data', data, '--split', splits, '--fold', String(number)];
  const first = evaluate(model, ...fold(0), '--ablation');
  const ablation = first.ablation!;
  const folder = mkdtempSync(path.join(tmpdir(), 'nucleate-results-'));
  try {
    const variants = path.join(folder, 'variants');
    execFileSync('npx', ['tsx', 'experiments/variants.ts', data, splits, variants], { cwd: root });
    const onVariant = (name: string) => evaluate(model, '--data', path.join(variants, name)).score;
    return {
      ...old,
      fold0: {
        images: byCluster(first.imageCount, first.clusters, (part) => part.imageCount),
        score: byCluster(first.score, first.clusters, (part) => part.score),
        trueBoxes: byCluster(ablation.trueBoxes, ablation.clusters, (part) => part.trueBoxes),
        trueMasks: byCluster(ablation.trueMasks, ablation.clusters, (part) => part.trueMasks),
        thresholds: Object.fromEntries(
          first.thresholds.map((threshold, k) => [
            threshold.toFixed(2),
            rounded(first.perThreshold[k]!.score),
          ]),
        ),
      },
      fold1: rounded(evaluate(model, ...fold(1)).score),
      recoloured: rounded(onVariant('recoloured')),
      plain: rounded(onVariant('plain')),
    };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const [data] = process.argv.slice(2);
const old = readResults(root);
const results = data === undefined ? old : measure(old, data);
if (data !== undefined) writeFileSync(resultsFile(root), `${JSON.stringify(results, null, 2)}\n`);
for (const file of documentsWithResults)
  writeFileSync(path.join(root, file), await withResults(root, file, results));
