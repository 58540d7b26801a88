import fc from 'fast-check';
import { expect, test } from 'vitest';
import { stringify } from 'yaml';
import { loadConfig } from '../../src/config/load.js';
import { Config } from '../../src/config/schema.js';
import { NucleateError } from '../../src/errors.js';
import { inFolder } from './load-files.js';

const valid = `task: detector
seed: 3
data: { path: "some folder" }
model:
  boxHead:
    units: [8, 16]  # comment
    batchSizePerImage: 3
schedule:
  learningRate: 1e-2
`;

/** A valid config with some of its text replaced by what means something in YAML. */
const damaged = fc
  .array(
    fc.record({
      at: fc.nat(valid.length),
      length: fc.nat(10),
      by: fc.constantFrom(
        ...'[]{}"\'\t\n:-?!&*#%|>,@`\r\0',
        ': ',
        '- ',
        '\n---\n',
        '<<: ',
        '*a ',
        '&a ',
        '!!set ',
        '.nan',
      ),
    }),
    { minLength: 1, maxLength: 4 },
  )
  .map((edits) =>
    edits.reduce((text, { at, length, by }) => text.slice(0, at) + by + text.slice(at + length), valid),
  );

const key = fc.constantFrom(
  ...['task', 'seed', 'data', 'path', 'model', 'boxHead', 'units', 'loader', 'batchSize', 'extends'],
  ...['__proto__', 'constructor', 'toString', '', 'a.b', '0'],
);
const { tree } = fc.letrec<{ tree: unknown }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'medium' },
    fc.constantFrom(1, 'detector', null, NaN, -Infinity, true, 0.5),
    fc.string(),
    fc.array(tie('tree'), { maxLength: 4 }),
    fc
      .array(fc.tuple(key, tie('tree')), { maxLength: 6 })
      .map((entries) => Object.fromEntries([['task', 'detector'] as const, ...entries])),
  ),
}));

const text = fc.oneof(
  damaged,
  tree.map((value) => stringify(value)),
  fc.string({ unit: 'binary' }),
  fc.string({ unit: fc.constantFrom(...'ab:-?[]{},\n\t "\'&*!|>%@`#\u0000\u2028'), maxLength: 40 }),
);
const override = fc.oneof(
  fc.string(),
  fc
    .tuple(fc.array(key, { minLength: 1, maxLength: 3 }), fc.string())
    .map(([path, value]) => `${path.join('.')}=${value}`),
);

test('any input gives a valid config, or a NucleateError whose places lie in the file', () => {
  fc.assert(
    fc.property(text, fc.array(override, { maxLength: 2 }), (content, overrides) => {
      inFolder({ 'config.yaml': content }, (folder) => {
        const file = `${folder}/config.yaml`;
        try {
          const { config } = loadConfig(file, overrides);
          expect(Config.parse(config)).toEqual(config);
        } catch (error) {
          if (!(error instanceof NucleateError)) throw error;
          expect(error.exitCode).toBe(2);
          expect(error.problems.length).toBeGreaterThan(0);
          for (const { where = '' } of error.problems) expectPlace(where, file, content);
        }
      });
    }),
    { numRuns: 500 },
  );
});

function expectPlace(where: string, file: string, content: string): void {
  if (where.startsWith('--set ')) return;
  expect(where.startsWith(`${file}:`)).toBe(true);
  const [line = 0, column = 0] = where
    .slice(file.length + 1)
    .split(':')
    .map(Number);
  const lines = content.replace(/^\uFEFF/u, '').split('\n');
  expect(line).toBeGreaterThanOrEqual(1);
  expect(line).toBeLessThanOrEqual(lines.length);
  expect(column).toBeGreaterThanOrEqual(1);
  // One past the end is where something is missing.
  expect(column).toBeLessThanOrEqual((lines[line - 1]?.length ?? 0) + 1);
}
