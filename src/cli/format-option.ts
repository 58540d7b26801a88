import type { OutputFormat } from '../predict/formats/output-formats.js';

/** The values of `--format`: `labels,coco` is as good as two of them. */
export const outputFormatsOf = (given: readonly string[]): OutputFormat[] =>
  [...new Set(given.flatMap((item) => item.split(',')))] as OutputFormat[];
