import { readFileSync } from 'node:fs';
import { openFileTree } from '../../../../src/data/files/open-files.js';
import type { AnnotatedObjects, AnnotationChoice } from '../../../../src/data/read/annotations/annotation.js';
import { formatOf } from '../../../../src/data/read/annotations/annotation-layout.js';

export const fixtures = new URL('../../../fixtures/annotations/', import.meta.url).pathname;

export const fixture = <Value>(name: string): Value =>
  JSON.parse(readFileSync(fixtures + name, 'utf8')) as Value;

/** Of every image of the fixtures. */
export const size = { width: 24, height: 20 };

/** The objects of every image of a file, folder or archive, by what it calls the image. */
export async function readObjects(path: string, choice: AnnotationChoice = {}) {
  const tree = await openFileTree(path);
  try {
    const { format, files } = await formatOf(tree);
    const { images, problems } = await format.open(tree, files, choice);
    const read = new Map<string, AnnotatedObjects>();
    for (const annotations of images) read.set(annotations.image, await annotations.read());
    return { format: format.name, read, problems };
  } finally {
    await tree.close();
  }
}

/** A mask as rows of `1` and `.`. */
export function rowsOf(runs: Int32Array, { width, height } = size): string[] {
  const pixels = new Array<string>(width * height).fill('.');
  for (let run = 0; run < runs.length; run += 2) pixels.fill('1', runs[run], runs[run]! + runs[run + 1]!);
  return Array.from({ length: height }, (_, row) => pixels.slice(row * width, (row + 1) * width).join(''));
}

export const differences = (one: readonly string[], other: readonly string[]): number =>
  [...one.join('')].filter((mark, index) => mark !== other.join('')[index]).length;
