import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatConfig } from '../../src/config/format.js';
import { Config } from '../../src/config/schema.js';
import { loadFiles } from './load-files.js';

test('formatConfig writes every key below its description', () => {
  const text = formatConfig(Config.parse({ task: 'detector', run: { name: 'true' } }));
  expect(text).toMatch(/^# Which network to train/u);
  expect(text).toContain(`
# Where the results go.
run:
  # Folder in which run folders are made; a relative path starts at the current working directory.
  folder: runs
  # First part of the name of the run folder; date and time follow.
  name: "true"

# The optimizer.
optimizer:
`);
  expect(text).toContain(`
    # Outputs of each fully connected layer; \`single\` uses block8 instead.
    units: [ 256, 256 ]
`);
  const lines = text.trimEnd().split('\n');
  expect(lines.filter((line, index) => /^ *\w+:/u.test(line) && !/^ *# /u.test(lines[index - 1]!))).toEqual(
    [],
  );
});

const count = fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER });
const fraction = fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true });
const path = fc.string({ unit: 'binary', minLength: 1 });

test('loadConfig reads what formatConfig writes', () => {
  const input = fc.record({
    task: fc.constant('detector'),
    seed: count,
    data: fc.record({ path }),
    model: fc.record({ boxHead: fc.record({ units: fc.array(count) }) }),
    schedule: fc.record({ learningRate: fraction.filter((rate) => rate > 0) }),
    optimizer: fc.record({ momentum: fraction }),
    run: fc.record({ name: path }),
  });
  fc.assert(
    fc.property(input, (values) => {
      const config = Config.parse(values);
      expect(loadFiles({ 'config.yaml': formatConfig(config) }).config).toEqual(config);
    }),
    { numRuns: 100 },
  );
});
