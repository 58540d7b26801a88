import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { configJsonSchema, type JsonSchema, taskSchemas } from '../../src/config/json-schema.js';
import { Config } from '../../src/config/schema.js';
import { expectation } from '../../src/config/wording.js';

test('the task alone gives a whole config, also of what is nested', () => {
  expect(Config.parse({ task: 'segmenter' })).toMatchObject({
    task: 'segmenter',
    seed: 1,
    budget: { steps: 18_000, minutes: 0, patience: 0 },
    loader: { batchSize: 32, cropSize: 64, augment: { scale: { min: 0.5, max: 2 } } },
    loss: { crossEntropy: 0.6, bodyDice: 0.2, borderDice: 0.2 },
  });
  expect(Config.parse({ task: 'detector' })).toMatchObject({
    task: 'detector',
    loader: { batchSize: 4, cropSize: 256 },
    model: { boxHead: { units: [256, 256] }, rpn: { channels: 128 } },
  });
});

/** Every key of every task with its schema, sections and keys in lists included. */
function keysOf(schema: JsonSchema, path: string): [path: string, schema: JsonSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, below]) => {
    const belowPath = `${path}.${key}`;
    const { items } = below as JsonSchema;
    const inList = typeof items === 'object' && !Array.isArray(items) ? keysOf(items, `${belowPath}[]`) : [];
    return [[belowPath, below as JsonSchema], ...keysOf(below as JsonSchema, belowPath), ...inList];
  });
}
const keys = [...taskSchemas()].flatMap(([task, schema]) => keysOf(schema, String(task)));
const leaves = keys.filter(([, schema]) => schema.type !== 'object');

test('every task has keys to check', () => {
  expect([...taskSchemas().keys()]).toEqual(['detector', 'segmenter']);
  expect(leaves.length).toBeGreaterThan(10);
});

test.each(keys)('%s has a description', (_, { description }) => {
  expect(description).toMatch(/^[A-Z`].*\.$/u);
});

/** Names of lengths, areas, times and angles; sizes of batches and pools are counts. */
const quantity =
  /(?:(?<!batch|pool)sizes?|stride|overlap|margin|width|falloff|area|sigma|shift|spacing|amplitude|degrees|seconds|minutes|steps|dilation)$/iu;

/** Units, and what stands for one in a relative quantity. */
const unit =
  /\bpx\b|\bdegrees\b|, s[;.]|\bminutes\b|\bsteps?\b|standard deviations?|fraction of|multiple of/iu;

const quantities = leaves.filter(([path]) => quantity.test(path.split('.').at(-1)!));

test('lengths, areas, times and angles are found by their names', () => {
  const found = new Set(quantities.map(([path]) => path.split('.').at(-1)));
  for (const name of [
    'stride',
    'sizes',
    'cropSize',
    'minMargin',
    'minArea',
    'maxDegrees',
    'timeoutSeconds',
    'minutes',
  ])
    expect(found).toContain(name);
  expect(found).not.toContain('batchSize');
});

test.each(quantities)('%s, a quantity, has a unit', (_, { description }) => {
  expect(description).toMatch(unit);
});

test.each(leaves)('%s has no empty unit', (_, { description }) => {
  expect(description).not.toMatch(/no unit|\((?:a )?name\)|\(count\)|\(factor\)/u);
});

test.each(keys)('%s has words for what it has to be', (_, schema) => {
  expect(expectation(schema)).not.toBe('');
});

test.each(keys.filter(([, { type }]) => type === 'object'))('%s refuses unknown keys', (_, schema) => {
  expect(schema.additionalProperties).toBe(false);
});

test('configs/config.schema.json is up to date', () => {
  const committed = readFileSync(new URL('../../configs/config.schema.json', import.meta.url), 'utf8');
  const current = `${JSON.stringify(configJsonSchema(), null, 2)}\n`;
  expect(committed, 'It is stale; regenerate it with: npm run config:schema').toBe(current);
});
