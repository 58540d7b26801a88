import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { TrainingHistory } from '../../src/config/history.js';
import { decodeFingerprints } from '../../src/data/split/fingerprint.js';
import { readManifest } from '../../src/run/checkpoints/manifest.js';
import { runFiles } from '../../src/run/run-folder.js';
import { scratchFolder } from '../run/scratch.js';
import { useTinyRuns } from './tiny-run.js';

const run = useTinyRuns();
const budget = { steps: 1 };

function historyIn(folder: string): TrainingHistory | undefined {
  const { checkpoints } = runFiles(folder);
  const name = readFileSync(path.join(checkpoints, 'latest'), 'utf8').trim();
  const file = path.join(checkpoints, name, 'manifest.json');
  return readManifest(readFileSync(file, 'utf8'), file).history;
}

const begin = (folder: string, from: string, validationFold: number, allowPartial = false) =>
  run(
    folder,
    { budget, data: { validationFold } },
    {
      place: { kind: 'new', folder, configText: '', resolvedText: '', init: { from, allowPartial } },
    },
  );

test('a checkpoint says which images trained it and its ancestors, and a resumed run goes on saying it', async () => {
  const [first, second, third] = [0, 1, 2].map(() => path.join(scratchFolder(), 'run')) as [
    string,
    string,
    string,
  ];
  await run(first, { budget });
  const own = historyIn(first)!;
  expect(own).toMatchObject({
    datasets: [
      {
        name: expect.stringMatching(/^dsb2018-mini/u) as string,
        images: 19,
        annotators: expect.any(Array) as string[],
        licence: 'CC0-1.0',
      },
    ],
    ancestors: [],
  });
  expect(decodeFingerprints(own.fingerprints)).toHaveLength(19);

  const events = await begin(second, first, 1);
  const next = historyIn(second)!;
  expect(next.ancestors).toEqual([{ name: 'run', step: 1, datasets: own.datasets }]);
  // Fold 1 of the second run trained the first one.
  expect(decodeFingerprints(next.fingerprints)).toHaveLength(24);
  const warnings = events.flatMap((event) => (event.event === 'warning' ? [event.text] : []));
  expect(warnings).toEqual([
    '5 of 5 validation images trained the network that this run begins from: its scores are optimistic.',
  ]);

  await begin(third, second, 2);
  expect(historyIn(third)!.ancestors.map(({ step }) => step)).toEqual([1, 1]);
  await run(third, { budget: { steps: 2 }, data: { validationFold: 2 } });
  expect(historyIn(third)!.ancestors).toHaveLength(2);
}, 180_000);

test('weights whose origin is unknown are an ancestor without datasets', async () => {
  const [first, second] = [0, 1].map(() => path.join(scratchFolder(), 'run')) as [string, string];
  await run(first, { budget });
  const { checkpoints } = runFiles(first);
  const weights = path.join(checkpoints, 'step-000000001', 'ema.safetensors');
  await begin(second, weights, 0, true);
  expect(historyIn(second)!.ancestors).toEqual([{ name: 'ema.safetensors', step: null, datasets: null }]);
}, 120_000);
