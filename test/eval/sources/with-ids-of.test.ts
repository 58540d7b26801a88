import { expect, test } from 'vitest';
import { safeName } from '../../../src/data/files/safe-name.js';
import { withIdsOf } from '../../../src/eval/sources/with-ids-of.js';
import type { PredictionSource } from '../../../src/eval/sources/source.js';

const idsOf = (truth: string[], predicted: string[]) =>
  withIdsOf({ ids: truth }, { ids: predicted, read: (id: string) => id } as unknown as PredictionSource);

test('folders do not matter where names are unique', () => {
  const source = idsOf(['day1/a', 'b'], ['a', 'day2/b']);
  expect(source.ids).toEqual(['b', 'day1/a']);
  expect([source.read('b', null as never), source.read('day1/a', null as never)]).toEqual(['day2/b', 'a']);
});

test('they do where a name is there twice, and unknown ids stay', () => {
  expect(idsOf(['1/a', '2/a'], ['a']).ids).toEqual(['a']);
  expect(idsOf(['a'], ['1/a', '2/a']).ids).toEqual(['1/a', '2/a']);
  expect(idsOf(['a', 'b'], ['a', '1/a', 'c']).ids).toEqual(['1/a', 'a', 'c']);
});

test('an import calls images in folders otherwise, and files of them are called otherwise', () => {
  expect(idsOf(['a-x', 'b-x'], ['a/x', 'b/x']).ids).toEqual(['a-x', 'b-x']);
  expect(idsOf(['a/x', 'b/x'], ['a-x', safeName('b/x')]).ids).toEqual(['a/x', 'b/x']);
  expect(idsOf(['a-x'], ['a-x', 'a/x']).ids).toEqual(['a-x', 'a/x']);
});
