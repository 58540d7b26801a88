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
 * Operations that pass on 16-bit numbers where their tensors have them already, and which of their inputs are tensors.
 * Between convolutions they save the conversions, and TensorFlow computes bias, sum and relu within the convolution.
 */
const carriers: Readonly<Record<string, (inputs: number) => readonly number[]>> = {
  BiasAdd: () => [0, 1],
  Add: () => [0, 1],
  AddV2: () => [0, 1],
  Relu: () => [0],
  MaxPool: () => [0],
  Reshape: () => [0],
  ResizeNearestNeighbor: () => [0],
  ConcatV2: (inputs) => Array.from({ length: inputs - 1 }, (_, index) => index),
};

export interface LowerOptions {
  /** Whether what lies between two convolutions has 16 bits, too: for steps without gradients. */
  readonly between?: boolean;
}

/**
 * Makes convolutions and matrix products multiply 16-bit numbers; everything between them stays float32 unless asked.
 *
 * Source: Micikevicius et al., arXiv 1710.03740.
 */
export function lowerPrecision(
  graph: Graph,
  precision: LowPrecision,
  { between = false }: LowerOptions = {},
): void {
  const low = dataTypes[precision];
  /** 16-bit tensors by those of float32 that they stand for. */
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

  /** The inputs of an operation that become 16-bit; none if it stays as it is. */
  function lowInputs({ op, inputs, results }: Node): readonly number[] {
    if (results[0]?.dtype !== dataTypes.float32) return [];
    const multiplied = factors[op];
    if (multiplied || !between) return multiplied ?? [];
    const carried = carriers[op]?.(inputs.length) ?? [];
    // A bias is a weight, which is converted once; everything else has to have 16 bits already.
    const present = op === 'BiasAdd' ? carried.slice(0, 1) : carried;
    return present.every((index) => lowered.has(inputs[index] as Output)) ? carried : [];
  }

  const resultsOf = new Map(nodes.map((node) => [node.name, node.results]));
  for (const node of nodes) {
    const which = lowInputs(node);
    if (which.length === 0) {
      graph.nodes.push(node);
      continue;
    }
    const inputs = node.inputs.map((input, index) => {
      if (!which.includes(index)) return input;
      const [name, at] = input.split(':') as [string, string];
      return lower(input as Output, resultsOf.get(name)?.[Number(at)]?.shape ?? []);
    });
    const results = node.results.map(({ shape }) => ({ shape, dtype: low }));
    const made = output(
      graph.add(`${node.name}/low`, node.op, inputs, { ...node.attributes, T: typeValue(low) }, results),
    );
    if (between) lowered.set(output(node.name), made);
    // What nobody uses is not computed.
    const attributes = { SrcT: typeValue(low), DstT: typeValue(dataTypes.float32) };
    graph.add(node.name, 'Cast', [made], attributes, node.results);
  }
}
