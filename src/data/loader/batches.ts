import { setTimeout as wait } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { exitCodes, NucleateError } from '../../errors.js';
import { type Batch, BatchMaker, type BatchOf, type Recipe } from './batch-maker.js';
import { shareSource } from './source.js';
import type { Answer } from './worker.js';

/**
 * Draws batches without end, prepared ahead in worker threads.
 *
 * A batch depends on the recipe and its cursor alone: order and content are the same, to the byte, for any number
 * of workers, and when a run goes on from the cursor of the last batch that it used. Each batch owns its memory,
 * so tensors may be made of it without a copy.
 *
 * Threads start with the first batch and end when the loop over the batches is left, also by `break` or an error.
 *
 * @param recipe With `workers` = 0 batches are made in this thread, when they are asked for.
 * @param cursor Where to go on: the `cursor` of an earlier batch, or 0.
 * @throws {NucleateError} Exit code 3 if there is nothing to draw or an image cannot be read; exit code 1 if a
 *   worker ends or exceeds `timeoutSeconds`. Each names the image, the latter two all images of the batch.
 */
export async function* batches<R extends Recipe>(recipe: R, cursor = 0): AsyncGenerator<BatchOf<R>, never> {
  const shared = { ...recipe, sources: recipe.sources.map(shareSource) };
  const maker = new BatchMaker(shared);
  const { workers, batchSize } = recipe.loader;
  if (workers === 0) {
    for (let next = cursor; ; next += batchSize) yield (await maker.make(next)) as BatchOf<R>;
  }

  const pool = startPool(shared);
  // Batches that are in work when the loop is left come after the pool has forgotten them; failures come by promise.
  pool.on('error', () => {});
  try {
    const ahead: Promise<Batch>[] = [];
    for (let next = cursor; ; next += batchSize) {
      ahead.push(prepare(pool, maker, next));
      if (ahead.length <= workers * batchesAhead) continue;
      const idsOf = () => maker.idsAt(next - workers * batchesAhead * batchSize);
      yield (await inTime(ahead.shift()!, recipe.loader.timeoutSeconds, idsOf)) as BatchOf<R>;
    }
  } finally {
    await pool.destroy();
  }
}

/** For each worker one batch in work and one ready, so that uneven batches leave no worker idle. */
const batchesAhead = 2;

function startPool(recipe: Recipe): Piscina<number, Answer> {
  const { workers } = recipe.loader;
  const isTypeScript = import.meta.url.endsWith('.ts');
  return new Piscina({
    // Compiled by setup/compile.js, they lie side by side too.
    filename: new URL(isTypeScript ? './worker.ts' : './worker.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    workerData: recipe,
    // Not what this process was started with: under vitest that would lack the loader for TypeScript.
    execArgv: isTypeScript ? ['--import', import.meta.resolve('tsx')] : [],
  });
}

/** A batch from the pool. Its failure is told when its turn comes, not before. */
function prepare(pool: Piscina<number, Answer>, maker: BatchMaker, cursor: number): Promise<Batch> {
  const batch = askPool(pool, maker, cursor);
  batch.catch(() => undefined);
  return batch;
}

async function askPool(pool: Piscina<number, Answer>, maker: BatchMaker, cursor: number) {
  let answer: Answer;
  try {
    answer = await pool.run(cursor);
  } catch (cause) {
    throw brokenBatch(`failed: ${(cause as Error).message}`, maker.idsAt(cursor), cause);
  }
  if ('failure' in answer) throw new NucleateError(answer.failure);
  return answer.batch;
}

/** Time runs from the moment when a batch is wanted: a training step that keeps this thread busy is no fault of it. */
async function inTime(batch: Promise<Batch>, seconds: number, idsOf: () => readonly string[]) {
  const stop = new AbortController();
  const late = wait(seconds * 1000, undefined, { signal: stop.signal }).then(() => {
    throw brokenBatch(`took longer than ${seconds} s`, idsOf());
  });
  try {
    return await Promise.race([batch, late]);
  } finally {
    stop.abort();
  }
}

const brokenBatch = (why: string, ids: readonly string[], cause?: unknown) =>
  new NucleateError(
    {
      what: `Preparing a batch ${why}.`,
      where: ids.join(', '),
      hint: 'Run `nucleate data check` on these images, or lower `workers` if memory is short.',
      exitCode: exitCodes.internal,
    },
    { cause },
  );
