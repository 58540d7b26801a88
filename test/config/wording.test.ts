import { expect, test } from 'vitest';
import { z } from 'zod';
import { adviceForValue } from '../../src/config/advice.js';
import { expectation } from '../../src/config/wording.js';

test.each([
  [z.int(), 'an integer'],
  [z.int().min(1), 'an integer from 1 up'],
  [z.int().max(9), 'an integer up to 9'],
  [z.int().min(32).max(512).multipleOf(8), 'a multiple of 8 from 32 to 512'],
  [z.number(), 'a number'],
  [z.number().positive(), 'a number above 0'],
  [z.number().gt(0).max(1), 'a number above 0 and up to 1'],
  [z.number().min(0).lt(1), 'a number from 0 up and below 1'],
  [z.string(), 'a string'],
  [z.string().min(1), 'a string that is not empty'],
  [z.boolean(), 'true or false'],
  [z.enum(['sgd', 'adam']), 'one of `sgd`, `adam`'],
  [z.array(z.boolean()), 'a list, each true or false'],
  [z.array(z.number()).min(2), 'a list of 2 or more items, each a number'],
  [z.strictObject({}), 'a mapping of keys to values'],
])('expectation %#', (schema, words) => {
  expect(expectation(z.toJSONSchema(schema))).toBe(words);
});

test('expectation throws for a type without words', () => {
  expect(() => expectation(z.toJSONSchema(z.null()))).toThrow('The schema type "null" has no words');
});

test('a mistyped name gets the right one', () => {
  const schema = z.toJSONSchema(z.enum(['sgd', 'adam']).default('sgd'));
  expect(adviceForValue('adm', schema)).toBe('Did you mean `adam`?');
  expect(adviceForValue('lion', schema)).toBe(
    'Correct the value, or leave the key out for its default, "sgd".',
  );
});
