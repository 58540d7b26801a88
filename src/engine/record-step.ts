import { tf } from '../tf.js';
import { DryRun } from './dry-run.js';
import { type Graph, type Node, type Output, output, typeValue } from './graph.js';
import { dataTypes, type NativeBackend } from './native.js';
import { Recorder, withOwnHandle } from './recorder.js';
import { compileError } from './uncompilable.js';
import type { NamedTensors, NamedVariables, Step } from './step.js';

/** A step as a graph. */
export interface Recording {
  readonly graph: Graph;
  /** Where each input is fed. */
  readonly inputs: Readonly<Record<string, Output>>;
  /** Where each output is fetched. */
  readonly outputs: Readonly<Record<string, Output>>;
  /** Fetched so that the state changes. */
  readonly updated: Output;
  /** The handle of each variable. */
  readonly state: Readonly<Record<string, Output>>;
}

/**
 * Records a step twice and compares, so that nothing that differs from call to call silently becomes a constant.
 *
 * @throws {NucleateError} If the step cannot be recorded.
 */
export function recordStep(
  backend: NativeBackend,
  step: Step<NamedTensors, NamedTensors>,
  inputs: NamedTensors,
  state: NamedVariables,
  { anySize = false }: Pick<RecordOptions, 'anySize'> = {},
): Recording {
  const dryRun = new DryRun(backend.binding);
  const first = recordOnce(backend, step, inputs, state, { dryRun, anySize });
  const tensors = tf.memory().numTensors;
  const second = recordOnce(backend, step, inputs, state, { dryRun, anySize });
  requireSame(first.graph, second.graph);
  if (tf.memory().numTensors > tensors) {
    throw compileError(
      'The step keeps tensors that it does not return (tf.keep).',
      'Return them as outputs.',
    );
  }
  return second;
}

export interface RecordOptions {
  /** Finds shapes; faster if the step has been recorded with it before. */
  readonly dryRun?: DryRun;
  /** Whether the recording is compared with one for inputs of other sizes. */
  readonly anySize?: boolean;
}

/**
 * Records a step without comparing.
 *
 * @throws {NucleateError} If the step cannot be recorded.
 */
export function recordOnce(
  backend: NativeBackend,
  step: Step<NamedTensors, NamedTensors>,
  inputs: NamedTensors,
  state: NamedVariables,
  { dryRun = new DryRun(backend.binding), anySize = false }: RecordOptions = {},
): Recording {
  // Also those that are not state: the step may assign to them, which is an error only then.
  const variables = new Set([...Object.values(state), ...Object.values(tf.engine().registeredVariables)]);
  const originals = Array.from(variables, (variable) => [variable, variable.clone()] as const);
  try {
    // Not returned from `tidy`, which would search it for tensors, byte by byte.
    let recording: Recording | undefined;
    tf.tidy(() => {
      recording = recordWithOwnHandles(new Recorder(backend, dryRun, anySize), backend, step, inputs, state);
    });
    return recording!;
  } finally {
    for (const [variable, original] of originals) {
      if (variable.dataId !== original.dataId) variable.assign(original);
    }
    tf.dispose(originals.map(([, original]) => original));
  }
}

/** Leaves the variables changed. */
function recordWithOwnHandles(
  recorder: Recorder,
  backend: NativeBackend,
  step: Step<NamedTensors, NamedTensors>,
  inputs: NamedTensors,
  state: NamedVariables,
): Recording {
  // Inputs and variables may share data, but the recorder distinguishes them by their handles.
  for (const variable of Object.values(state)) variable.assign(withOwnHandle(backend, variable));
  const own = mapIndexed(inputs, (tensor) => withOwnHandle(backend, tensor));
  const nodes = {
    inputs: mapIndexed(own, (tensor, index) => recorder.addInput(`input/${index}`, tensor)),
    state: mapIndexed(state, (variable, index, name) => recorder.addState(`state/${index}`, name, variable)),
  };
  const requireOthersUnchanged = guardOtherVariables(state);
  const results = recorder.record(() => step(own));
  requireOthersUnchanged();
  const outputs = mapIndexed(results, (result, index, name) => {
    requireTensor(result, name);
    // An extra node, because a graph in which the same tensor is fed and fetched does not run.
    const attributes = { T: typeValue(dataTypes[result.dtype]) };
    return output(recorder.graph.add(`output/${index}`, 'Identity', [recorder.outputOf(result)], attributes));
  });
  const updated = recorder.graph.addBarrier('updated', recorder.finish());
  return { graph: recorder.graph, ...nodes, outputs, updated };
}

export const mapIndexed = <Value, Result>(
  record: Readonly<Record<string, Value>>,
  map: (value: Value, index: number, name: string) => Result,
): Record<string, Result> =>
  Object.fromEntries(Object.entries(record).map(([name, value], index) => [name, map(value, index, name)]));

function requireTensor(result: unknown, name: string): void {
  if (result instanceof tf.Tensor) return;
  throw compileError(
    `The step's output \`${name}\` is not a tensor.`,
    'Return a record of tensors, not a promise.',
  );
}

/** Remembers all variables of this process; the returned function throws if one is new or changed and not state. */
function guardOtherVariables(state: NamedVariables): () => void {
  const isState = new Set<tf.Variable>(Object.values(state));
  const registered = () => Object.values(tf.engine().registeredVariables);
  const before = new Map(registered().map((variable) => [variable, variable.dataId]));
  return () => {
    const changed = registered().find(
      (variable) => !isState.has(variable) && before.get(variable) !== variable.dataId,
    );
    if (!changed) return;
    const what = before.has(changed) ? 'assigns to' : 'makes';
    throw compileError(
      `The step ${what} the variable ${changed.name}, which is not among the state.`,
      'Make it before and name it there.',
    );
  };
}

function requireSame(first: Graph, second: Graph): void {
  const length = Math.max(first.nodes.length, second.nodes.length);
  for (let index = 0; index < length; index++) {
    const node = first.nodes[index];
    const other = second.nodes[index];
    if (node && other && fingerprint(node) === fingerprint(other)) continue;
    throw compileError(
      `The step is not the same each time: ${(node ?? other)!.name} differs between two calls.`,
      'Pass what changes (random numbers, counters, the time) as an input.',
    );
  }
}

/** What makes a node equal to another one. */
export function fingerprint({ name, op, inputs, attributes }: Node): string {
  const values = Object.entries(attributes).map(([key, value]) => [
    key,
    Buffer.concat(value).toString('latin1'),
  ]);
  return JSON.stringify([name, op, inputs, values]);
}
