import { compile } from '../engine/compile.js';
import { Lanes } from '../engine/lanes.js';
import { quickestPrecision } from '../engine/processor.js';
import type { Mode, NamedTensors, NamedVariables, RunnableStep, Step } from '../engine/step.js';
import { assignWeights } from '../models/weights.js';
import type { StoredTensors } from '../safetensors/tensor.js';
import { tf } from '../tf.js';

/** How a network predicts. */
export interface ForwardOptions {
  readonly mode: Mode;
  /** By the names of the network's variables; default: zeros, see `load`. */
  readonly weights?: StoredTensors;
  /** The file or folder of the weights, for messages. */
  readonly source?: string | undefined;
  /** Whether the weights stay as they are: then it starts sooner and is faster, and `load` throws; see `CompileOptions`. */
  readonly frozen?: boolean;
  /** In which it runs, with other networks; default: its own. */
  readonly lanes?: Lanes;
}

interface ForwardNetwork {
  readonly name: 'detector' | 'segmenter';
  /** Its variables, by their names. */
  readonly state: NamedVariables;
  /** That it was trained with. */
  readonly precision: Parameters<typeof quickestPrecision>[0];
  /** Examples, see `CompileOptions`; disposed. */
  readonly inputs: NamedTensors;
  readonly otherInputs: NamedTensors;
}

/** The forward pass of a network: compiled for inputs of any size, in the quickest precision. */
export class ForwardStep {
  readonly #step: RunnableStep<NamedTensors, NamedTensors>;
  readonly #lanes: Lanes;

  /** @throws {NucleateError} Exit code 6 unless the weights are exactly those of the network. */
  constructor(
    step: Step<NamedTensors, NamedTensors>,
    { name, state, precision, inputs, otherInputs }: ForwardNetwork,
    { mode, weights, source, frozen = false, lanes = new Lanes() }: ForwardOptions,
  ) {
    this.#lanes = lanes;
    // Before the step is compiled, so that the weights are copied only once.
    if (weights) assignWeights(state, weights, { network: name, where: source });
    this.#step = compile(step, {
      ...{ inputs, otherInputs, state, mode, frozen, forward: true },
      precision: quickestPrecision(precision),
    });
    tf.dispose([inputs, otherInputs]);
  }

  /**
   * Runs beside JavaScript, as soon as there are lanes.
   *
   * @param lanes See {@link Lanes.run}.
   * @returns The outputs; the caller disposes them, and the inputs.
   */
  run(inputs: NamedTensors, lanes = 1): Promise<NamedTensors> {
    return this.#lanes.run(lanes, () => this.#step.runAsync(inputs));
  }

  /**
   * Replaces weights, exact to the bit.
   *
   * @param weights By the names of the network's variables; not disposed.
   * @throws {RangeError} If a name is unknown or a shape differs.
   */
  load(weights: NamedTensors): void {
    this.#step.writeState(weights);
  }

  dispose(): void {
    this.#step.dispose();
  }
}
