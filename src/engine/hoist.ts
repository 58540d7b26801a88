import { type Control, control, type Graph, type Node, type Output, output, typeValue } from './graph.js';

/** How the kept values are computed. */
export interface Hoisted {
  /** What is to be fetched after a part of the state was written. */
  readonly prepared: Output;
  /**
   * Adds what may be fetched instead in the very run that writes all of the state, which saves the setting up of another.
   *
   * @param fed Where the values are fed, by the handles of the variables.
   */
  prepareFrom(fed: ReadonlyMap<Output, Output>): Output;
}

/**
 * Takes what depends on nothing but state that the step never changes out of the step: it is computed when the state
 * is written, and kept in variables of the session. So a frozen normalization is folded into its kernel once, instead
 * of in every step.
 *
 * @param recording Its graph is changed; outputs of the step stay in it.
 * @returns Undefined if there is nothing to compute.
 */
export function hoistInvariants({
  graph,
  outputs,
}: {
  readonly graph: Graph;
  readonly outputs: Readonly<Record<string, Output>>;
}): Hoisted | undefined {
  const invariant = findInvariants(graph, new Set(Object.values(outputs).map(producer)));
  const nodes = graph.nodes.splice(0);
  const variables = new Map<Output, Output>();
  const kept: { readonly handle: Output; readonly value: Output; readonly dtype: AssignAttributes }[] = [];

  /** A variable of the session that keeps this value, by the output that reads it. */
  function keep(value: Output, node: Node): Output {
    const made = variables.get(value);
    if (made) return made;
    const name = `hoisted/${variables.size}`;
    const result = node.results[Number(value.split(':')[1])]!;
    const handle = graph.addVariable(name, result);
    const dtype = { dtype: typeValue(result.dtype) };
    kept.push({ handle, value, dtype });
    const read = output(graph.add(`${name}/value`, 'ReadVariableOp', [handle], dtype));
    variables.set(value, read);
    return read;
  }

  for (const node of nodes) {
    const inputs = node.inputs.map((input) => {
      const source =
        isControl(input) || invariant.has(node.name) ? undefined : invariant.get(producer(input));
      return source && !isRead(source) ? keep(input as Output, source) : input;
    });
    graph.add(node.name, node.op, inputs, node.attributes, node.results);
  }
  if (kept.length === 0) return undefined;

  const assign = (prefix: string, valueOf: (value: Output) => Output): Output => {
    const assigned = kept.map(({ handle, value, dtype }, index) =>
      control(graph.add(`${prefix}/${index}/assign`, 'AssignVariableOp', [handle, valueOf(value)], dtype)),
    );
    return graph.addBarrier(`${prefix}/done`, assigned);
  };
  const prepareFrom: Hoisted['prepareFrom'] = (fed) => {
    const copies = new Map<string, string>();
    const copy = (value: Output): Output => {
      const node = invariant.get(producer(value));
      if (!node) return value;
      if (isRead(node)) return fed.get(node.inputs[0] as Output)!;
      const inputs = () => node.inputs.map((input) => (isControl(input) ? input : copy(input)));
      const name =
        copies.get(node.name) ??
        graph.add(`fed/${node.name}`, node.op, inputs(), node.attributes, node.results);
      copies.set(node.name, name);
      return output(name, Number(value.split(':')[1]));
    };
    return assign('prepared-fed', copy);
  };
  return { prepared: assign('prepared', (value) => value), prepareFrom };
}

type AssignAttributes = Readonly<Record<'dtype', ReturnType<typeof typeValue>>>;

/** Nodes by name that depend on unchanged state alone, the reads of that state among them. */
function findInvariants(graph: Graph, outputs: ReadonlySet<string>): Map<string, Node> {
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

const isRead = ({ op }: Node): boolean => op === 'ReadVariableOp';

const isControl = (input: Output | Control): input is Control => input.startsWith('^');

const producer = (input: Output | Control): string =>
  isControl(input) ? input.slice(1) : input.split(':', 1)[0]!;
