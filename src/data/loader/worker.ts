/** A thread that makes batches. It must not load tfjs: a second thread with the native library fails (tfjs #8388). */
import { workerData } from 'node:worker_threads';
import { move, transferableSymbol, valueSymbol } from 'piscina';
import { type Batch, BatchMaker, type Recipe } from './batch-maker.js';

const maker = new BatchMaker(workerData as Recipe);

/** Makes the batch at a cursor and hands its memory over. */
export default function makeBatch(cursor: number): Batch {
  const batch = maker.make(cursor);
  const memory = Object.values(batch)
    .filter((value) => ArrayBuffer.isView(value))
    .map(({ buffer }) => buffer);
  return move({ [transferableSymbol]: memory, [valueSymbol]: batch }) as unknown as Batch;
}
