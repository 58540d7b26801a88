import { z } from 'zod';
import { DetectorConfig } from './detector.js';
import { SegmenterConfig } from './segmenter.js';

/**
 * The config of any task; the one place for defaults, units and descriptions.
 *
 * A new task is a file with its schema and an entry in this list.
 */
export const Config = z.discriminatedUnion('task', [DetectorConfig, SegmenterConfig]);

/** A resolved {@link Config}: every key has a value. */
export type Config = z.output<typeof Config>;

/** The key `extends`, which a config file may have in addition to those of its task. */
export const Extends = z
  .string()
  .min(1)
  .describe(
    'Config file that this one is based on, as a path relative to this file. Mappings are merged, lists and single ' +
      'values are replaced. That file cannot extend another one.',
  );
