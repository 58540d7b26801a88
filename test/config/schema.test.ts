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

/** Every key of every task with its schema, sections included. */
function keysOf(schema: JsonSchema, path: string): [path: string, schema: JsonSchema][] {
  return Object.entries(schema.properties ?? {}).flatMap(([key, below]) => {
    const belowPath = `${path}.${key}`;
    return [[belowPath, below as JsonSchema], ...keysOf(below as JsonSchema, belowPath)];
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

/** A quantity without one is a share, a factor or a choice, and says so. */
const unit =
  /\b(px|count|no unit|name|folder|path|factor|share|IoU|degrees|standard deviations?|minutes|s\.$)|^Whether/iu;

test.each(leaves)('%s has a unit', (_, { description }) => {
  expect(description).toMatch(unit);
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
