import { runEagerly } from './eager-step.js';
import { type Control, control, type Output, output, typeValue } from './graph.js';
import { dataTypes, findNativeBackend } from './native.js';
import { hoistInvariants } from './hoist.js';
import { type LowPrecision, lowerPrecision } from './low-precision.js';
import { mapIndexed, type Recording, recordOnce, recordStep } from './record-step.js';
import { Session } from './session.js';
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
   * Whether the function is recorded only once, which saves a tenth of the time until the first result. Use it only for
   * functions that a test records twice: what differs from call to call silently becomes a constant.
   */
  readonly once?: boolean;
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
  const { inputs, otherInputs, state, mode, precision = 'float32', forward = false, once = false } = options;
  const backend = findNativeBackend();
  if (!backend || mode === 'eager') return runEagerly(step, { inputs, otherInputs, state });

  const plainStep = step as unknown as Step<NamedTensors, NamedTensors>;
  const anySize = otherInputs !== undefined;
  const recording = (once ? recordOnce : recordStep)(backend, plainStep, inputs, state, { anySize });
  const recordFor = (values: NamedTensors) => recordOnce(backend, plainStep, values, state, { anySize });
  const sized = otherInputs && new SizeConstants(recording, recordFor(otherInputs));
  if (precision !== 'float32') lowerPrecision(recording.graph, precision, { between: forward });
  const fed = mapIndexed(state, (variable, index) =>
    recording.graph.addPlaceholder(`write/${index}`, {
      shape: variable.shape,
      dtype: dataTypes[variable.dtype],
    }),
  );
  const handles = Object.entries(fed).map(([name, write]) => [recording.state[name]!, write] as const);
  // Before the nodes are added with which the caller writes the state: they would make all of it changeable.
  const prepared = hoistInvariants(recording, new Map(handles));
  const access = addStateAccess(recording, state, fed);
  const accesses = Object.values(access);
  const allWritten = recording.graph.addBarrier(
    'written',
    accesses.map(({ assign }) => assign),
  );
  const session = new Session(backend, recording.graph);
  const compiled: RunnableStep<Inputs, Outputs> = {
    mode: 'compiled',
    run: (values) => {
      requireLike('input', values, inputs, { partly: false, otherSizes: otherInputs });
      const feeds = [
        ...Object.entries(recording.inputs).map(([name, node]) => [node, values[name]!] as const),
        ...(sized?.feeds(values, () => recordFor(values)) ?? []),
      ];
      const outputs = Object.entries(recording.outputs);
      const results = session.run(feeds, [...outputs.map(([, node]) => node), recording.updated]);
      results.pop()!.dispose();
      return Object.fromEntries(outputs.map(([name], index) => [name, results[index]!])) as Outputs;
    },
    readState: () => {
      const names = Object.keys(access);
      const values = session.run(
        [],
        accesses.map(({ read }) => read),
      );
      return Object.fromEntries(names.map((name, index) => [name, values[index]!]));
    },
    writeState: (values) => {
      requireLike('state', values, state, { partly: true });
      const names = Object.keys(values);
      if (names.length === 0) return;
      // The prepared values are computed from all of the state.
      const present = prepared && names.length < Object.keys(state).length ? compiled.readState() : {};
      const written = Object.entries({ ...present, ...values }).map(([name, value]) => ({
        ...access[name]!,
        value,
      }));
      const feeds = written.map(({ write, value }) => [write, value] as const);
      // One fetch is cheaper than hundreds.
      const done = written.length === accesses.length ? [allWritten] : written.map(({ written }) => written);
      const barriers = session.run(feeds, prepared ? [...done, prepared] : done);
      for (const tensor of [...barriers, ...Object.values(present)]) tensor.dispose();
    },
    dispose: () => {
      sized?.dispose();
      session.dispose();
    },
  };
  compiled.writeState(state);
  return compiled;
}

/** Where the graph reads and writes one variable for the caller. */
interface StateAccess {
  /** Fetched. */
  readonly read: Output;
  /** Fed. */
  readonly write: Output;
  /** Assigns the fed value. */
  readonly assign: Control;
  /** Fetched so that {@link assign} runs. */
  readonly written: Output;
}

function addStateAccess(
  { graph, state: handles }: Recording,
  state: NamedVariables,
  fed: Readonly<Record<string, Output>>,
): Record<string, StateAccess> {
  return mapIndexed(state, (variable, index, name) => {
    const [handle, write] = [handles[name]!, fed[name]!];
    const dtype = { dtype: typeValue(dataTypes[variable.dtype]) };
    const assign = control(graph.add(`assign/${index}`, 'AssignVariableOp', [handle, write], dtype));
    return {
      read: output(graph.add(`read/${index}`, 'ReadVariableOp', [handle], dtype)),
      write,
      assign,
      written: graph.addBarrier(`written/${index}`, [assign]),
    };
  });
}
