import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { metricsLine, readMetrics } from '../../../src/run/logs/metrics.js';
import { scratchFolder } from '../scratch.js';

test('records are read as written, NaN and infinity as text', () => {
  const file = path.join(scratchFolder(), 'metrics.jsonl');
  const records = [
    { step: 1, loss: 0.1 + 0.2 },
    { step: 2, loss: Number.NaN, rate: -Infinity, score: null },
  ];
  writeFileSync(file, records.map(metricsLine).join(''));
  expect(readMetrics(file)).toEqual({
    records: [
      { step: 1, loss: 0.30000000000000004 },
      { step: 2, loss: 'NaN', rate: '-Infinity', score: null },
    ],
    damagedLines: 0,
  });
});

test('an incomplete last line is left out, other lines that are not records are counted', () => {
  const file = path.join(scratchFolder(), 'metrics.jsonl');
  writeFileSync(file, '{"step":1}\n{"st\n\0\0\nnull\n[1]\n{"step":"2"}\n{"step":3}\n{"step":4,"lo');
  expect(readMetrics(file)).toEqual({ records: [{ step: 1 }, { step: 3 }], damagedLines: 5 });
});

test('a last line without its line break is incomplete, even if it looks whole', () => {
  const file = path.join(scratchFolder(), 'metrics.jsonl');
  writeFileSync(file, '{"step":1}\n{"step":2}');
  expect(readMetrics(file).records).toEqual([{ step: 1 }]);
});

test('no file, no records', () => {
  expect(readMetrics(path.join(scratchFolder(), 'none'))).toEqual({ records: [], damagedLines: 0 });
});
