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
  #id: number | undefined;

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
    if (this.#id === undefined) throw new Error('This compiled step has been disposed.');
    const ids = this.#backend.getInputTensorIds(feeds.map(([, tensor]) => tensor));
    const names = feeds.map(([placeholder]) => placeholder);
    try {
      return this.#backend.binding
        .runSavedModel(this.#id, ids, names.join(','), fetches.join(','))
        .map((result) => this.#backend.createOutputTensor(result));
    } catch (error) {
      throw outOfMemory(error) ?? error;
    }
  }

  /** Frees the graph and its variables; a second call does nothing. */
  dispose(): void {
    if (this.#id !== undefined) this.#backend.binding.deleteSavedModel(this.#id);
    this.#id = undefined;
  }
}

function outOfMemory(error: unknown): NucleateError | undefined {
  if (!(error instanceof Error) || !/OOM when allocating|RESOURCE_EXHAUSTED/.test(error.message))
    return undefined;
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
