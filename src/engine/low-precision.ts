import { type Graph, type Node, type Output, output, typeValue } from './graph.js';
import { dataTypes } from './native.js';

/** 16-bit formats: bfloat16 has the range of float32 and 8 bits of precision, float16 has 11 bits and a small range. */
export type LowPrecision = 'bfloat16' | 'float16';

/** Operations with many multiplications, and which of their inputs are factors. */
const factors: Readonly<Record<string, readonly number[]>> = {
  Conv2D: [0, 1],
  Conv2DBackpropInput: [1, 2],
  Conv2DBackpropFilter: [0, 2],
  MatMul: [0, 1],
  BatchMatMulV2: [0, 1],
};

/**
 * Makes convolutions and matrix products multiply 16-bit numbers; everything between them stays float32.
 *
 * Source: Micikevicius et al., arXiv 1710.03740.
 */
export function lowerPrecision(graph: Graph, precision: LowPrecision): void {
  const low = dataTypes[precision];
  const lowered = new Map<Output, Output>();
  const nodes = graph.nodes.splice(0);

  /** The tensor in 16 bits: one node, however many operations use it. */
  function lower(tensor: Output, shape: readonly number[]): Output {
    const made = lowered.get(tensor);
    if (made) return made;
    const attributes = { SrcT: typeValue(dataTypes.float32), DstT: typeValue(low) };
    const results = [{ shape: [...shape], dtype: low }];
    const node = output(graph.add(`lowered/${lowered.size}`, 'Cast', [tensor], attributes, results));
    lowered.set(tensor, node);
    return node;
  }

  const resultsOf = new Map(nodes.map((node) => [node.name, node.results]));
  for (const node of nodes) {
    const which = factors[node.op];
    if (!which || !isFloat32(node)) {
      graph.nodes.push(node);
      continue;
    }
    const inputs = node.inputs.map((input, index) => {
      if (!which.includes(index)) return input;
      const [name, at] = input.split(':') as [string, string];
      return lower(input as Output, resultsOf.get(name)?.[Number(at)]?.shape ?? []);
    });
    const results = node.results.map(({ shape }) => ({ shape, dtype: low }));
    graph.add(`${node.name}/low`, node.op, inputs, { ...node.attributes, T: typeValue(low) }, results);
    const attributes = { SrcT: typeValue(low), DstT: typeValue(dataTypes.float32) };
    graph.add(node.name, 'Cast', [output(`${node.name}/low`)], attributes, node.results);
  }
}

const isFloat32 = ({ results }: Node) => results[0]?.dtype === dataTypes.float32;
