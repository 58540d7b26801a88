/**
 * Training batches. This folder: `training-data.ts` reads the dataset of a config, `batch-maker.ts` makes a batch in any
 * thread, `order.ts` says what is drawn, `detection-batch.ts` and `segmentation-batch.ts` what a batch holds.
 */
import { setTimeout as wait } from 'node:timers/promises';
import { Piscina } from 'piscina';
import { exitCodes, NucleateError } from '../../errors.js';
import { type Batch, BatchMaker, type BatchOf, type Recipe } from './batch-maker.js';
import { shareExample } from './shared-example.js';

/**
 * Draws batches without end. Worker threads prepare them in advance.
 *
 * A batch depends only on the recipe and its cursor. Order and content are the same, to the byte, for any number of
 * workers, and when a run resumes from the cursor of the last batch that it used. Each batch owns its memory, so tensors
 * can be made of it without a copy.
 *
 * Threads start with the first batch and end when the loop over the batches is left, also by `break` or an error.
 *
 * @param recipe With `workers` = 0 each batch is made in this thread when it is asked for.
 * @param cursor Where to resume: the `cursor` of an earlier batch, or 0.
 * @throws {NucleateError} Exit code 3 if there is nothing to draw; exit code 1 if a worker fails or exceeds
 *   `timeoutSeconds`, with the images of the batch.
 */
export async function* batches<R extends Recipe>(recipe: R, cursor = 0): AsyncGenerator<BatchOf<R>, never> {
  const shared = { ...recipe, examples: recipe.examples.map(shareExample) };
  const maker = new BatchMaker(shared);
  const { workers, batchSize } = recipe.loader;
  if (workers === 0) {
    for (let next = cursor; ; next += batchSize) yield maker.make(next) as BatchOf<R>;
  }

  const pool = startPool(shared);
  // Batches that are in work when the loop is left arrive after the pool has forgotten them; failures arrive by promise.
  pool.on('error', () => {});
  try {
    const prefetched: Promise<Batch>[] = [];
    for (let next = cursor; ; next += batchSize) {
      prefetched.push(prefetch(pool, maker, next));
      if (prefetched.length <= workers * batchesPerWorker) continue;
      const idsOf = () => maker.idsAt(next - workers * batchesPerWorker * batchSize);
      yield (await inTime(prefetched.shift()!, recipe.loader.timeoutSeconds, idsOf)) as BatchOf<R>;
    }
  } finally {
    await pool.destroy();
  }
}

/** For each worker one batch in work and one ready, so that uneven batches leave no worker idle. */
const batchesPerWorker = 2;

function startPool(recipe: Recipe): Piscina<number, Batch> {
  const { workers } = recipe.loader;
  const isTypeScript = import.meta.url.endsWith('.ts');
  return new Piscina({
    // The two files are beside each other when compiled by setup/compile.js, too.
    filename: new URL(isTypeScript ? './worker.ts' : './worker.js', import.meta.url).href,
    minThreads: workers,
    maxThreads: workers,
    workerData: recipe,
    // Not the arguments of this process: under vitest they lack the loader for TypeScript.
    execArgv: isTypeScript ? ['--import', import.meta.resolve('tsx')] : [],
  });
}

/** A batch from the pool. If it fails, the error is thrown when the batch is awaited, not before. */
function prefetch(pool: Piscina<number, Batch>, maker: BatchMaker, cursor: number): Promise<Batch> {
  const batch = pool.run(cursor).catch((cause: Error) => {
    throw brokenBatch(`failed: ${cause.message}`, maker.idsAt(cursor), cause);
  });
  batch.catch(() => undefined);
  return batch;
}

/** The time counts from the moment the batch is awaited: a training step may keep this thread busy before. */
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
      hint: 'Run `nucleate data check` on these images. If memory is short, lower loader.workers.',
      exitCode: exitCodes.internal,
    },
    { cause },
  );
