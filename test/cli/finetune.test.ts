import { expect, test } from 'vitest';
import { resultText } from '../../src/cli/finetune/result-text.js';
import type { FinetuneEnded } from '../../src/finetune/finetune-events.js';
import { jsonError, nucleate } from './run-nucleate.js';

test.each([
  [[], 'A fine-tuning needs corrected images.'],
  [['--data', 'd', '--steps', '0'], '--steps takes a whole number of at least 1, received `0`.'],
  [['--data', 'd', '--minutes', 'ten'], '--minutes takes a number above 0, received `ten`.'],
  [['--data', 'd', '--seed', '0'], '--seed takes a whole number of at least 1, received `0`.'],
  [['--resume', 'runs/x', '--data', 'd'], '--resume and --data exclude each other'],
  [['--resume', 'runs/x', '--channel', 'DAPI'], '--resume and --channel exclude each other'],
  [['--data', 'd', '--background', 'x'], '--background takes a whole number, received `x`.'],
  [['models/x', '--resume', 'runs/x'], '--resume and the model models/x exclude each other'],
])('%j: exit code 2 and one sentence', async (args, what) => {
  const outcome = await nucleate(['finetune', ...args, '--json', '--device', 'cpu']);
  expect(outcome.status).toBe(2);
  expect(jsonError(outcome).what).toContain(what);
});

type Finished = Extract<FinetuneEnded, { ending: 'finished' }>;

const better: Finished = {
  ...{
    event: 'ended',
    ending: 'finished',
    folder: 'runs/f',
    model: 'models/mine',
    report: 'runs/f/report.html',
  },
  before: { score: 0.2, precision: 0.8, recall: 0.5 },
  after: { score: 0.3, precision: null, recall: 0.6 },
  ...{ difference: 0.1, interval: { low: -0.01, high: 0.2 }, isBetter: true, groups: 2 },
  ...{ isOptimistic: false, seenBefore: false },
  images: [
    {
      id: 'a',
      before: { score: 0.1, precision: 1, recall: 0.4 },
      after: { score: 0.3, precision: 1, recall: 0.6 },
    },
  ],
  thresholds: 'kept from old',
  changedSettings: { scoreThreshold: { before: 0.55, after: 0.3 } },
};

test('the end: before and after, by image, what it may be worth, and what to do next', () => {
  const text = resultText(better);
  expect(text).toMatch(/^before +0\.200 +0\.800 +0\.500$/mu);
  expect(text).toMatch(/^after +0\.300 +- +0\.600$/mu);
  expect(text).toMatch(/^a +0\.100 +0\.300 +1\.000 to 1\.000 +0\.400 to 0\.600$/mu);
  expect(text).toContain(
    'change      +0.1000 on 1 image; 95 % interval, had other images been drawn: -0.0100 to +0.2000',
  );
  expect(text).toContain('note        2 independent images cannot tell for sure');
  expect(text).toContain('thresholds  kept from old; scoreThreshold 0.55 to 0.3');
  expect(text).toContain('next        nucleate predict IMAGES --model models/mine --out nuclei');
  expect(text).not.toContain('not better');
});

test('a result that is no better is said to be none; scores of learnt images are said to mean little', () => {
  const worse = resultText({ ...better, difference: -0.1, isBetter: false, groups: 12 });
  expect(worse).toContain('worse by 0.100 on the images that were left out: both models are there');
  expect(worse).not.toContain('optimistic');
  expect(worse).not.toContain('cannot tell');
  const learnt = resultText({ ...better, isOptimistic: true, interval: null });
  expect(learnt).toContain('these images were learnt from');
  expect(learnt).not.toContain('95 %');
  expect(learnt).not.toContain('use the model that it began with');
  const forgot = resultText({ ...better, isOptimistic: true, difference: 0, isBetter: false });
  expect(forgot).toContain(
    'not better even on the images that it learnt from: use the model that it began with',
  );
  const known = resultText({ ...better, seenBefore: true });
  expect(known).toContain('had learnt from some of these images: both scores are optimistic');
});
