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

test('a missing key is an error, although it has a default', () => {
  expect(readComplete(Schema, { model: { width: 2 }, sizes: [1] })).toEqual({
    fault: '`model.norm` is missing',
  });
  expect(readComplete(Schema, { model: { width: 2, norm: true } })).toEqual({
    fault: '`sizes` is missing',
  });
});

test('a value that does not validate is reported with its place', () => {
  expect(readComplete(Schema, { model: { width: 'x', norm: true }, sizes: [1] })).toMatchObject({
    fault: expect.stringContaining('model.width') as string,
  });
});
