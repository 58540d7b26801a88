import { closeSync, openSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { exitCodes, NucleateError } from '../errors.js';
import type { tf } from '../tf.js';
import { encodeSavedModel, type Graph, type Output, savedModelTag } from './graph.js';
import { makeTemporaryFolder, temporaryError } from '../temporary-folder.js';
import type { NativeBackend } from './native.js';
import type { Fields } from './protobuf.js';

/** Read by setup/session_options.cc while a graph is loaded: the binding has no argument for it. */
const grappler = 'NUCLEATE_GRAPPLER';

/** A graph loaded into the native library, with its variables. */
export class Session {
  readonly #backend: NativeBackend;
  readonly #id: number;
  /** Runs of {@link runAsync} that have not ended. */
  #running = 0;
  #isDisposed = false;

  /**
   * Loads the graph through a file in the system's temporary folder, which is deleted again.
   *
   * @param options.rewritten Whether TensorFlow may rewrite the graph (Grappler), which takes longer than a first run.
   */
  constructor(backend: NativeBackend, graph: Graph, { rewritten }: { readonly rewritten: boolean }) {
    this.#backend = backend;
    const folder = makeTemporaryFolder('step');
    try {
      writeGraph(path.join(folder, 'saved_model.pb'), encodeSavedModel(graph));
      if (!rewritten) process.env[grappler] = 'off';
      this.#id = backend.binding.loadSavedModel(folder, savedModelTag);
    } finally {
      delete process.env[grappler];
      rmSync(folder, { recursive: true, force: true });
    }
  }

  /**
   * @param feeds Placeholders and their values in this run.
   * @returns One tensor per fetch; the caller disposes them.
   * @throws {NucleateError} Exit 4 if memory runs out.
   */
  run(feeds: readonly (readonly [Output, tf.Tensor])[], fetches: readonly Output[]): tf.Tensor[] {
    const [id, ids, names, asked] = this.#asked(feeds, fetches);
    try {
      const results = this.#backend.binding.runSavedModel(id, ids, names, asked);
      return results.map((result) => this.#backend.createOutputTensor(result));
    } catch (error) {
      throw outOfMemory(error) ?? error;
    }
  }

  /**
   * The same while JavaScript goes on. Several may run at once, unless they write variables.
   *
   * @param feeds May be disposed before the run ends.
   */
  async runAsync(
    feeds: readonly (readonly [Output, tf.Tensor])[],
    fetches: readonly Output[],
  ): Promise<tf.Tensor[]> {
    const [id, ids, names, asked] = this.#asked(feeds, fetches);
    this.#running += 1;
    try {
      const results = await this.#backend.binding.runSavedModelAsync(id, ids, names, asked);
      return results.map((result) => this.#backend.createOutputTensor(result));
    } catch (error) {
      throw outOfMemory(error) ?? error;
    } finally {
      this.#running -= 1;
      if (this.#isDisposed) this.#freeIfUnused();
    }
  }

  #asked(feeds: readonly (readonly [Output, tf.Tensor])[], fetches: readonly Output[]) {
    if (this.#isDisposed) throw new Error('This compiled step has been disposed.');
    const ids = this.#backend.getInputTensorIds(feeds.map(([, tensor]) => tensor));
    const names = feeds.map(([placeholder]) => placeholder);
    return [this.#id, ids, names.join(','), fetches.join(',')] as const;
  }

  /** Frees the graph and its variables once no run needs them; a second call does nothing. */
  dispose(): void {
    if (this.#isDisposed) return;
    this.#isDisposed = true;
    this.#freeIfUnused();
  }

  #freeIfUnused(): void {
    if (this.#running === 0) this.#backend.binding.deleteSavedModel(this.#id);
  }
}

/** The last is oneDNN's: dnnl_out_of_memory is status 1. */
const noMemory = /OOM when allocating|RESOURCE_EXHAUSTED|exception:\s*Status: 1,/u;

function outOfMemory(error: unknown): NucleateError | undefined {
  if (!(error instanceof Error) || !noMemory.test(error.message)) return undefined;
  return new NucleateError(
    {
      what: `The device ran out of memory: ${error.message.split('\n', 1)[0]}`,
      hint: 'Use a smaller batch or smaller tiles.',
      exitCode: exitCodes.memory,
    },
    { cause: error },
  );
}

function writeGraph(file: string, pieces: Fields): void {
  try {
    const opened = openSync(file, 'wx');
    try {
      for (const piece of pieces) writeFileSync(opened, piece);
    } finally {
      closeSync(opened);
    }
  } catch (cause) {
    throw temporaryError(cause as Error);
  }
}
