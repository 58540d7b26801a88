import { expect, test } from 'vitest';
import { z } from 'zod';
import { readComplete } from '../../src/config/complete.js';
import { DetectorConfig } from '../../src/config/detector.js';

const Schema = z.strictObject({
  model: z.strictObject({ width: z.number().default(1), norm: z.boolean().default(true) }),
  sizes: z.array(z.number()).default([1]),
});

test('a complete config is read as it is', () => {
  const config = { model: { width: 2, norm: false }, sizes: [3] };
  expect(readComplete(Schema, config)).toEqual({ config });
  const detector = JSON.parse(JSON.stringify(DetectorConfig.parse({ task: 'detector' }))) as unknown;
  expect(readComplete(DetectorConfig, detector)).toEqual({ config: detector });
});

test('a missing key is told, although it has a default', () => {
  expect(readComplete(Schema, { model: { width: 2 }, sizes: [1] })).toEqual({
    fault: 'it does not tell `model.norm`',
  });
  expect(readComplete(Schema, { model: { width: 2, norm: true } })).toEqual({
    fault: 'it does not tell `sizes`',
  });
});

test('how it was scored may be missing, since no weight depends on that', () => {
  const Scored = z.strictObject({
    width: z.number().default(1),
    scoring: z.strictObject({ images: z.int().default(3) }).prefault({}),
  });
  const expected = { config: { width: 2, scoring: { images: 3 } } };
  expect(readComplete(Scored, { width: 2, scoring: {} })).toEqual(expected);
  expect(readComplete(Scored, { width: 2 })).toEqual(expected);
  expect(readComplete(Scored, { scoring: { images: 3 } })).toEqual({ fault: 'it does not tell `width`' });
});

test('what does not validate is told with its place', () => {
  expect(readComplete(Schema, { model: { width: 'x', norm: true }, sizes: [1] })).toMatchObject({
    fault: expect.stringContaining('model.width') as string,
  });
});
