import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { makeFolders } from '../make-folders.js';
import type { Batch } from '../data/loader/batch-maker.js';
import { exitCodes, NucleateError } from '../errors.js';
import { encodeSafetensors } from '../safetensors/encode.js';
import type { StoredTensor } from '../safetensors/tensor.js';

export interface StepContext {
  /** Optimizer steps done, this one included. */
  readonly step: number;
  /** The batches of the step. */
  readonly batches: readonly Batch[];
  /** The run folder. */
  readonly folder: string;
}

/**
 * Stops a training that has diverged, and keeps the batch that caused it: `diverged-<step>/` in the run folder has the
 * arrays of each batch as safetensors, and the numbers and image ids as JSON.
 *
 * @param numbers What the step computed, by name.
 * @throws {NucleateError} Exit code 5 if one of them is NaN or infinite.
 */
export function requireFinite(
  numbers: Readonly<Record<string, number>>,
  { step, batches, folder }: StepContext,
): void {
  const wrong = Object.entries(numbers).filter(([, value]) => !Number.isFinite(value));
  if (wrong.length === 0) return;
  const dump = path.join(folder, `diverged-${step}`);
  const images = [...new Set(batches.flatMap(({ ids }) => ids))];
  const kept = tryDump(dump, { step, numbers, images }, batches);
  throw new NucleateError({
    what: `In step ${step}, ${wrong.map(([name, value]) => `${name} is ${value}`).join(', ')}; the images are ${images.join(', ')}.`,
    where: kept ? dump : folder,
    hint: 'Look at the batch first; then start a new run from the last checkpoint (--init-from) with a lower schedule.learningRate or optimizer.clipNorm.',
    exitCode: exitCodes.diverged,
  });
}

/** Returns whether the dump could be written: a full disk must not hide the divergence. */
function tryDump(
  folder: string,
  {
    numbers,
    ...facts
  }: { step: number; numbers: Readonly<Record<string, number>>; images: readonly string[] },
  batches: readonly Batch[],
): boolean {
  try {
    makeFolders(folder);
    // JSON has no NaN.
    const text = Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, String(value)]));
    writeFileSync(
      path.join(folder, 'step.json'),
      `${JSON.stringify({ ...facts, numbers: text }, null, 2)}\n`,
    );
    for (const [index, batch] of batches.entries()) {
      const arrays = Object.entries(batch).flatMap(([name, value]) => {
        const tensor = tensorOf(value);
        return tensor ? [[name, tensor] as const] : [];
      });
      writeFileSync(
        path.join(folder, `batch-${index}.safetensors`),
        Buffer.concat(encodeSafetensors(new Map(arrays))),
      );
    }
    return true;
  } catch {
    return false;
  }
}

function tensorOf(value: unknown): StoredTensor | undefined {
  if (value instanceof Float32Array)
    return { dtype: 'F32', shape: [value.length], data: value as Float32Array<ArrayBuffer> };
  if (value instanceof Int32Array)
    return { dtype: 'I32', shape: [value.length], data: value as Int32Array<ArrayBuffer> };
  if (value instanceof Uint8Array)
    return { dtype: 'U8', shape: [value.length], data: value as Uint8Array<ArrayBuffer> };
  return undefined;
}
