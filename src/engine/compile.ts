import type { tf } from '../tf.js';
import { runEagerly } from './eager-step.js';
import { freezeState } from './freeze.js';
import { type LowPrecision, lowerPrecision } from './low-precision.js';
import { findNativeBackend } from './native.js';
import { mapIndexed, recordOnce, recordStep } from './record-step.js';
import { Session } from './session.js';
import { addStateAccess, sessionState } from './session-state.js';
import { SizeConstants } from './size-constants.js';
import {
  type Mode,
  type NamedTensors,
  type NamedVariables,
  requireLike,
  type RunnableStep,
  type Step,
} from './step.js';

export interface CompileOptions<Inputs extends NamedTensors> {
  /** Examples: the step is recorded with these values and runs with these shapes only. Not disposed. */
  readonly inputs: Inputs;
  /** Every variable that the step uses, by its name in checkpoints; the step starts from their current values. */
  readonly state: NamedVariables;
  /** `eager` runs the function as it is. */
  readonly mode: Mode;
  /** Of the factors of convolutions and matrix products; all else stays float32, and so does eager mode. */
  readonly precision?: 'float32' | LowPrecision;
  /** Whether the step has no gradients: then what lies between its convolutions has their precision, too. */
  readonly forward?: boolean;
  /**
   * Whether the state stays as it is as long as the step exists: it becomes part of the graph, which runs faster, and writing it
   * throws a `RangeError`. The function is then recorded only once, so use it only for functions that a test records twice:
   * what differs from call to call silently becomes a constant.
   */
  readonly frozen?: boolean;
  /**
   * Examples with other sizes: then the axes in which they differ from `inputs` may have any size. The first run of each
   * size takes a tenth of a second longer.
   */
  readonly otherInputs?: Inputs;
}

/**
 * Compiles a plain tfjs function to one TensorFlow graph, which then runs in its place.
 *
 * The function is called twice, recorded and compared, with tensors that have a shape but no values. The state of a
 * compiled step is in the native session: the variables in `state` stay as they were, and {@link RunnableStep.readState}
 * returns the current values. On a backend other than the native one the step runs eagerly, with the same results.
 *
 * @returns The caller disposes it; the variables stay the caller's.
 * @throws {NucleateError} If the function cannot be recorded: it reads a tensor, calls an operation whose result's
 *   size depends on values, uses a tensor that is neither input nor state, makes variables or keeps tensors, or does not
 *   do the same both times.
 */
export function compile<Inputs extends NamedTensors, Outputs extends NamedTensors>(
  step: Step<Inputs, Outputs>,
  options: CompileOptions<Inputs>,
): RunnableStep<Inputs, Outputs> {
  const { inputs, otherInputs, state, mode, frozen = false } = options;
  const { precision = 'float32', forward = false } = options;
  const backend = findNativeBackend();
  if (!backend || mode === 'eager') {
    const eager = runEagerly(step, { inputs, otherInputs, state });
    return frozen ? { ...eager, ...frozenState(state) } : eager;
  }

  const plainStep = step as unknown as Step<NamedTensors, NamedTensors>;
  const anySize = otherInputs !== undefined;
  const recording = (frozen ? recordOnce : recordStep)(backend, plainStep, inputs, state, { anySize });
  const recordFor = (values: NamedTensors) => recordOnce(backend, plainStep, values, state, { anySize });
  const sized = otherInputs && new SizeConstants([recording, inputs], [recordFor(otherInputs), otherInputs]);
  // Before the precision is lowered: 16-bit values cannot be read.
  if (frozen) freezeState(backend, recording, state);
  if (precision !== 'float32') lowerPrecision(recording.graph, precision, { between: forward });
  // It puts bias and relu into 16-bit convolutions and orders channels for a GPU; float32 on a processor gains nothing.
  const rewritten = precision !== 'float32' || backend.isUsingGpuDevice;
  const access = frozen ? undefined : addStateAccess(recording, state);
  const session = new Session(backend, recording.graph, { rewritten });
  // The session has its own; this one has the values of all constants.
  recording.graph.nodes.length = 0;
  const feedsOf = (values: Inputs) => {
    requireLike('input', values, inputs, { partly: false, otherSizes: otherInputs });
    return [
      ...Object.entries(recording.inputs).map(([name, node]) => [node, values[name]!] as const),
      ...(sized?.feeds(values, () => recordFor(values)) ?? []),
    ];
  };
  const outputs = Object.entries(recording.outputs);
  const fetches = [...outputs.map(([, node]) => node), recording.updated];
  const named = (results: tf.Tensor[]) => {
    results.pop()!.dispose();
    return Object.fromEntries(outputs.map(([name], index) => [name, results[index]!])) as Outputs;
  };
  const compiled: RunnableStep<Inputs, Outputs> = {
    mode: 'compiled',
    run: (values) => named(session.run(feedsOf(values), fetches)),
    runAsync: async (values) => named(await session.runAsync(feedsOf(values), fetches)),
    ...(access ? sessionState(session, access, state) : frozenState(state)),
    dispose: () => {
      sized?.dispose();
      session.dispose();
    },
  };
  if (access) compiled.writeState(state);
  return compiled;
}

/** The state of a frozen step is that of its caller. */
const frozenState = (state: NamedVariables) => ({
  readState: () => mapIndexed(state, (variable): tf.Tensor => variable.clone()),
  writeState: () => {
    throw new RangeError('Expected a step whose state is not frozen');
  },
});
