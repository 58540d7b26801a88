import { type Control, control, type Graph, type Node, type Output, output, typeValue } from './graph.js';

/**
 * Moves out of the step what depends only on state that the step never changes: it is computed from the fed values when
 * the state is written, and kept in variables of the session. A frozen normalization, for example, is folded into its
 * kernel once instead of in every step.
 *
 * @param recording Its graph is changed; outputs of the step stay in it.
 * @param fed Where the state is fed when it is written, by the handles of its variables.
 * @returns What to fetch whenever all of the state is fed; undefined if there is nothing to compute.
 */
export function hoistInvariants(
  {
    graph,
    outputs,
  }: {
    readonly graph: Graph;
    readonly outputs: Readonly<Record<string, Output>>;
  },
  fed: ReadonlyMap<Output, Output>,
): Output | undefined {
  const invariant = findInvariants(graph, new Set(Object.values(outputs).map(producer)));
  const nodes = graph.nodes.splice(0);
  const variables = new Map<Output, Output>();
  const assigned: Control[] = [];

  /** The output that reads a variable of the session which keeps this value. */
  function keep(value: Output, node: Node): Output {
    const made = variables.get(value);
    if (made) return made;
    const name = `hoisted/${variables.size}`;
    const result = node.results[Number(value.split(':')[1])]!;
    const handle = graph.addVariable(name, result);
    const dtype = { dtype: typeValue(result.dtype) };
    assigned.push(control(graph.add(`${name}/assign`, 'AssignVariableOp', [handle, value], dtype)));
    const read = output(graph.add(`${name}/value`, 'ReadVariableOp', [handle], dtype));
    variables.set(value, read);
    return read;
  }

  for (const node of nodes) {
    const isHoisted = invariant.has(node.name);
    const inputs = node.inputs.map((input) => {
      const source = isControl(input) ? undefined : invariant.get(producer(input));
      if (!source) return input;
      if (isRead(source)) return isHoisted ? fed.get(source.inputs[0] as Output)! : input;
      return isHoisted ? input : keep(input as Output, source);
    });
    graph.add(node.name, node.op, inputs, node.attributes, node.results);
  }
  return assigned.length > 0 ? graph.addBarrier('prepared', assigned) : undefined;
}

/**
 * Nodes by name that depend only on unchanged state, including the reads of that state.
 *
 * @param outputs Names of nodes that stay in the step.
 */
export function findInvariants(graph: Graph, outputs: ReadonlySet<string>): Map<string, Node> {
  const changed = new Set(
    graph.nodes
      .filter((node) => !isRead(node) && node.results.length === 0)
      .flatMap(({ inputs }) => inputs.map(producer)),
  );
  const constants = new Set(graph.nodes.filter(({ op }) => op === 'Const').map(({ name }) => name));
  const invariant = new Map<string, Node>();
  for (const node of graph.nodes) {
    const sources = node.inputs.map(producer);
    const depends = sources.filter((source) => !constants.has(source));
    const isUnchanged = isRead(node)
      ? sources.every((source) => !changed.has(source))
      : node.results.length > 0 && depends.length > 0 && depends.every((source) => invariant.has(source));
    if (isUnchanged && !outputs.has(node.name)) invariant.set(node.name, node);
  }
  return invariant;
}

export const isRead = ({ op }: Node): boolean => op === 'ReadVariableOp';

export const isControl = (input: Output | Control): input is Control => input.startsWith('^');

/** The name of the node. */
export const producer = (input: Output | Control): string =>
  isControl(input) ? input.slice(1) : input.split(':', 1)[0]!;
