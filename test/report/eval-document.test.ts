import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { EvalDocument } from '../../src/report/eval-schema.js';
import { evalCsv } from '../../src/report/eval-csv.js';
import { evalText } from '../../src/report/eval-text.js';
import { weakerStage } from '../../src/report/eval-stages.js';
import { blank, drawing } from '../reference/draw.js';
import { documentOf, modelOf, predictionOf, truthOf } from './scored.js';

const one = drawing('11..', '11..');
const empty = blank(4, 2);

test('docs/eval-output.schema.json is up to date; vitest -u writes it', async () => {
  const file = join(import.meta.dirname, '../../docs/eval-output.schema.json');
  const schema = JSON.stringify(z.toJSONSchema(EvalDocument), null, 2);
  const text = await format(schema, { ...(await resolveConfig(file)), filepath: file });
  await expect(text).toMatchFileSnapshot(file);
});

test('every value of the schema has a description or a plain name', () => {
  const plain = [
    'name',
    'schemaVersion',
    'path',
    'kind',
    'imageCount',
    'id',
    'score',
    'cluster',
    'threshold',
    'thresholds',
    'tp',
    'fp',
    'fn',
  ];
  const silent: string[] = [];
  const walk = (schema: z.core.JSONSchema.BaseSchema, name: string) => {
    for (const [key, child] of Object.entries(schema.properties ?? {})) {
      if (typeof child === 'boolean') continue;
      const isNamed = child.description !== undefined || child.type === 'object' || child.type === 'array';
      if (!isNamed && !plain.includes(key)) silent.push(`${name}.${key}`);
      walk(child, `${name}.${key}`);
    }
    if (schema.items && typeof schema.items === 'object' && !Array.isArray(schema.items))
      walk(schema.items, name);
  };
  walk(z.toJSONSchema(EvalDocument), '');
  expect(silent).toEqual([]);
});

test('images that are empty in truth and prediction are counted', async () => {
  const truth = truthOf('t', { a: empty, b: one });
  const document = await documentOf(truth, [predictionOf('p', { a: empty, b: one })]);
  expect(document.targets[0]).toMatchObject({ bothEmptyCount: 1, score: 1 });
  expect(evalText(document)).toContain('\n[1]: 1 image empty in truth and prediction, scored 1\n');
});

test('nothing true and nothing predicted prints no NaN', async () => {
  const document = await documentOf(truthOf('t', { a: empty }), [predictionOf('p', { a: empty })]);
  expect(evalText(document)).not.toMatch(/NaN|null|undefined/u);
  expect(evalCsv(document)).not.toMatch(/NaN|null|undefined/u);
});

test('a name that a spreadsheet would run as a formula gets an apostrophe', async () => {
  const names = { '=1+1': one, '+a': one, '-b': one, '@c': one };
  const document = await documentOf(truthOf('t', names), [predictionOf('=p', names)]);
  const rows = evalCsv(document).trimEnd().split('\n').slice(1);
  expect(rows.map((row) => row.split(',').slice(0, 2))).toEqual([
    ["'=p", "'+a"],
    ["'=p", "'-b"],
    ["'=p", "'=1+1"],
    ["'=p", "'@c"],
  ]);
});

test('the CSV has the counts of every threshold', async () => {
  const document = await documentOf(
    truthOf('t', { a: one }),
    [predictionOf('p', { a: drawing('111.', '111.') })],
    { clusters: new Map([['a', 'f']]) },
  );
  const [header, row] = evalCsv(document)
    .trimEnd()
    .split('\n')
    .map((line) => line.split(','));
  const value = (name: string) => row![header!.indexOf(name)];
  // 4 px of 6: a hit at 0.50 .. 0.65.
  expect([value('cluster'), value('nuclei'), value('score')]).toEqual(['f', '1', '0.4']);
  expect([value('tp_0.65'), value('fp_0.65'), value('tp_0.70'), value('fn_0.70')]).toEqual([
    '1',
    '0',
    '0',
    '1',
  ]);
});

describe('an ablation', () => {
  const two = drawing('11.22', '11.22');
  const half = drawing('11...', '11...');
  const boxes = { predBoxes: Float32Array.of(0, 0, 2, 2, 3, 0, 5, 2), scores: Float32Array.of(0.9, 0.8) };
  const clusters = new Map([['a', 'f']]);

  test('shows what each stage costs, of all images and by cluster', async () => {
    // It finds both boxes. In the true boxes it predicts one of two masks, in its own boxes none.
    const model = modelOf('m', { a: blank(5, 2) }, boxes, half);
    const document = await documentOf(truthOf('t', { a: two }), [model], { clusters });
    const metrics = { gtCount: 2, boxRecall: 1, maskIou: 0, trueBoxes: 0.5, trueMasks: 1 };
    expect(document.targets[0]!.ablation).toEqual({ ...metrics, clusters: [{ cluster: 'f', ...metrics }] });
    const text = evalText(document);
    expect(text).toContain('\n[1]: detector d at step 1, segmenter s at step 2\n');
    expect(text).toContain(
      [
        'stages  box recall  mask IoU   score  true boxes  true masks',
        '[1] m       1.0000    0.0000  0.0000      0.5000      1.0000',
        '    f       1.0000    0.0000  0.0000      0.5000      1.0000',
        '[1]: a perfect detector would change the score by +0.5000, a perfect segmenter by +1.0000: the segmenter costs more',
      ].join('\n'),
    );
  });

  test('has a row for each model, and none for predictions without a model', async () => {
    const targets = [predictionOf('p', { a: half }), modelOf('m', { a: half }, boxes, two)];
    const document = await documentOf(truthOf('t', { a: two }), targets, { clusters });
    expect(document.targets.map(({ ablation }) => ablation?.trueBoxes ?? null)).toEqual([null, 1]);
    expect(evalText(document)).toMatch(
      /^stages .*\n\[2\] m .*\n\[2\]: a perfect detector would change the score by \+0\.5000/mu,
    );
    const plain = await documentOf(truthOf('t', { a: two }), targets.slice(0, 1));
    expect(evalText(plain)).not.toContain('stages');
  });

  test.each([
    {
      trueBoxes: 0.9,
      trueMasks: 0.6,
      weaker:
        'a perfect detector would change the score by +0.4000, a perfect segmenter by +0.1000: the detector costs more',
    },
    {
      trueBoxes: 0.6,
      trueMasks: 0.6,
      weaker:
        'a perfect detector would change the score by +0.1000, a perfect segmenter by +0.1000: both cost the same',
    },
  ])('$weaker', ({ weaker, ...scores }) => {
    const ablation = { gtCount: 1, boxRecall: 1, maskIou: 1, clusters: [], ...scores };
    expect(weakerStage({ score: 0.5, ablation })).toBe(weaker);
    expect(weakerStage({ score: 0.5, ablation: null })).toBeNull();
  });
});
