/** A thread that makes batches. It may load no tfjs: a second thread with the native library fails (tfjs #8388). */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { NucleateError, type NucleateErrorParts } from '../../errors.js';
import { type Batch, BatchMaker, type Recipe } from './batch-maker.js';

/** What comes back from a worker: errors lose their class and fields on the way. */
export type Answer = { readonly batch: Batch } | { readonly failure: NucleateErrorParts };

const maker = new BatchMaker(workerData as Recipe);

/** Makes the batch at a cursor and hands its memory over. */
export default async function answer(cursor: number): Promise<Answer> {
  try {
    const batch = await maker.make(cursor);
    const memory = Object.values(batch)
      .filter((value) => ArrayBuffer.isView(value))
      .map(({ buffer }) => buffer);
    return move({ [transferableSymbol]: memory, [valueSymbol]: { batch } }) as unknown as Answer;
  } catch (error) {
    if (!(error instanceof NucleateError)) throw error;
    const { message: what, where, hint: hint, exitCode, problems } = error;
    return { failure: { what, ...(where !== undefined && { where }), hint, exitCode, problems } };
  }
}
