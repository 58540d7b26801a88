import { readFileSync } from 'node:fs';

/** Fewer are not enough for Node, TensorFlow and the images together. */
export const neededFiles = 128;

/**
 * The limits of this process that a shell sets by `ulimit`; undefined where there is none or it cannot be read.
 *
 * @returns {{ openFiles: number | undefined, memoryBytes: number | undefined }}
 */
export function readLimits() {
  let text = '';
  try {
    text = readFileSync('/proc/self/limits', 'utf8');
  } catch {
    // Not Linux.
  }
  /** @param {string} name */
  const limit = (name) => {
    const value = new RegExp(`^${name} +(\\d+)`, 'mu').exec(text)?.[1];
    return value === undefined ? undefined : Number(value);
  };
  return { openFiles: limit('Max open files'), memoryBytes: limit('Max address space') };
}
