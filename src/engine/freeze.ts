import type { tf } from '../tf.js';
import { Graph, type Node, type Output } from './graph.js';
import { findInvariants, isControl, isRead, producer } from './hoist.js';
import { dataTypes, type NativeBackend, type NativeValues } from './native.js';
import type { Recording } from './record-step.js';
import { Session } from './session.js';
import type { NamedVariables } from './step.js';
import { compileError } from './uncompilable.js';

/**
 * Makes the state of a step, and what depends on it alone, constants of its graph: nothing has to be written before the
 * first run, and oneDNN brings the kernels of convolutions into its own order once, not in every run.
 *
 * @param recording Its graph is changed.
 * @param state Its current values; stays as it is.
 * @throws {NucleateError} If the step changes its state.
 */
export function freezeState(
  backend: NativeBackend,
  { graph, outputs, updated, state: handles }: Recording,
  state: NamedVariables,
): void {
  if (graph.nodes.some(({ name, inputs }) => name === producer(updated) && inputs.length > 0))
    throw compileError('The step changes its state, which is frozen.', 'Compile it without `frozen`.');
  const invariant = findInvariants(graph, new Set(Object.values(outputs).map(producer)));
  const nodes = graph.nodes.splice(0).filter(({ op }) => op !== 'VarHandleOp');
  const remaining = nodes.filter(({ name }) => !invariant.has(name));
  const needed = new Set(
    remaining.flatMap(({ inputs }) =>
      inputs.filter((input): input is Output => !isControl(input) && invariant.has(producer(input))),
    ),
  );

  const variables = new Map(Object.entries(handles).map(([name, handle]) => [handle, state[name]!]));
  const variableOf = (value: Output) => {
    const node = invariant.get(producer(value))!;
    return isRead(node) ? variables.get(node.inputs[0] as Output) : undefined;
  };
  const constants = new Map<Output, Output>();
  const keep = (value: Output, tensor: tf.Tensor) => {
    const { shape, dtype } = tensor;
    const values = tensor.dataSync() as NativeValues;
    const made = graph.addConstant(`frozen/${constants.size}`, { shape, dtype: dataTypes[dtype], values });
    constants.set(value, made);
  };
  for (const value of needed) {
    const variable = variableOf(value);
    if (variable) keep(value, variable);
  }
  const computed = [...needed].filter((value) => !constants.has(value));
  const tensors = computeOnce(backend, { nodes, invariant, variables }, computed);
  for (const [index, tensor] of tensors.entries()) {
    keep(computed[index]!, tensor);
    tensor.dispose();
  }
  for (const node of remaining) {
    const inputs = node.inputs.map((input) => constants.get(input as Output) ?? input);
    graph.nodes.push({ ...node, inputs });
  }
}

/** What a step computes from its state alone. */
interface Invariants {
  /** Of the whole step, in an order in which they can run. */
  readonly nodes: readonly Node[];
  readonly invariant: ReadonlyMap<string, Node>;
  /** By their handles. */
  readonly variables: ReadonlyMap<Output, tf.Variable>;
}

/** @returns The values, in the order of `wanted`; the caller disposes them. */
function computeOnce(
  backend: NativeBackend,
  { nodes, invariant, variables }: Invariants,
  wanted: readonly Output[],
): tf.Tensor[] {
  if (wanted.length === 0) return [];
  const graph = new Graph();
  const feeds: (readonly [Output, tf.Tensor])[] = [];
  for (const node of nodes) {
    if (node.op === 'Const') graph.nodes.push(node);
    if (!invariant.has(node.name)) continue;
    if (!isRead(node)) {
      graph.nodes.push(node);
      continue;
    }
    const variable = variables.get(node.inputs[0] as Output)!;
    const { shape, dtype } = variable;
    feeds.push([graph.addPlaceholder(node.name, { shape, dtype: dataTypes[dtype] }), variable]);
  }
  const session = new Session(backend, graph, { rewritten: false });
  try {
    return session.run(feeds, wanted);
  } finally {
    session.dispose();
  }
}
