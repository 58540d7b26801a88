import { readDataset, type ReadOptions } from '../../src/data/read/dataset.js';
import type { Example } from '../../src/data/read/example.js';

/** Reads a whole dataset into memory. */
export async function readAll(path: string, options?: ReadOptions): Promise<Example[]> {
  const examples: Example[] = [];
  for await (const example of readDataset(path, options)) examples.push(example);
  return examples;
}
