import { attributeKinds, dataTypes, type NativeAttribute, type NativeValues } from './native.js';
import { bytes, type Fields, float, integer, join, message, text } from './protobuf.js';

/** An output of a node, as TensorFlow writes it: `name:index`. */
export type Output = `${string}:${number}`;

/** A node that must run before another one that does not use its output: `^name`. */
export type Control = `^${string}`;

/** Shape and `TF_*` type of an output. */
export interface Result {
  readonly shape: readonly number[];
  readonly dtype: number;
}

export interface Node {
  readonly name: string;
  /** The operation, by TensorFlow's name. */
  readonly op: string;
  readonly inputs: readonly (Output | Control)[];
  /** Encoded values by attribute name. */
  readonly attributes: Readonly<Record<string, Fields>>;
  /** Of each output, if the node is an operation of the step or reads a variable. */
  readonly results: readonly Result[];
  /** What a constant holds, or a placeholder is like. */
  readonly tensor?: Constant | Result;
}

/** A TensorFlow graph to which nodes are added. */
export class Graph {
  readonly nodes: Node[] = [];

  /**
   * @param name Unique in the graph.
   * @returns The name, for {@link output} and {@link control}.
   */
  add(
    name: string,
    op: string,
    inputs: readonly (Output | Control)[],
    attributes: Readonly<Record<string, Fields>>,
    results: readonly Result[] = [],
    tensor?: Constant | Result,
  ): string {
    this.nodes.push({ name, op, inputs, attributes, results, ...(tensor && { tensor }) });
    return name;
  }

  /** Adds a variable of the session. */
  addVariable(name: string, { shape, dtype }: Result): Output {
    const attributes = { dtype: typeValue(dtype), shape: shapeValue(shape), shared_name: textValue(name) };
    return output(this.add(name, 'VarHandleOp', [], attributes));
  }

  /** Adds a node that is fed a tensor like this one; a size of -1 stands for any. */
  addPlaceholder(name: string, { shape, dtype }: Result): Output {
    const attributes = { dtype: typeValue(dtype), shape: shapeValue(shape) };
    return output(this.add(name, 'Placeholder', [], attributes, [], { shape, dtype }));
  }

  /** Adds a constant. */
  addConstant(name: string, constant: Constant): Output {
    const attributes = { dtype: typeValue(constant.dtype), value: tensorValue(constant) };
    return output(this.add(name, 'Const', [], attributes, [], constant));
  }

  /** Adds a node whose fetch makes all of `before` run. */
  addBarrier(name: string, before: readonly Control[]): Output {
    const nothing = tensorValue({ shape: [], dtype: dataTypes.bool, values: Uint8Array.of(1) });
    return output(this.add(name, 'Const', before, { dtype: typeValue(dataTypes.bool), value: nothing }));
  }
}

export const output = (node: string, index = 0): Output => `${node}:${index}`;
export const control = (node: string): Control => `^${node}`;

/** Field numbers: tensorflow/core/framework/{attr_value,tensor,tensor_shape}.proto. */
const attrValue = { list: 1, string: 2, int: 3, float: 4, bool: 5, type: 6, shape: 7, tensor: 8 } as const;

export const typeValue = (type: number): Fields => integer(attrValue.type, type);
const textValue = (value: string): Fields => text(attrValue.string, value);
const shapeValue = (shape: readonly number[]): Fields => message(attrValue.shape, shapeFields(shape));

const shapeFields = (shape: readonly number[]): Fields =>
  join(shape.map((size) => message(2, integer(1, size))));

/** @throws {RangeError} If tfjs-node itself would not accept the kind of the attribute. */
export function attributeValue({ name, type, value }: NativeAttribute): Fields {
  const encoders: Record<number, ((field: number, value: never) => Fields) | undefined> = {
    [attributeKinds.string]: text,
    [attributeKinds.int]: integer,
    [attributeKinds.float]: float,
    [attributeKinds.bool]: (field, flag: boolean) => integer(field, Number(flag)),
    [attributeKinds.type]: integer,
  };
  if (type === attributeKinds.shape) return shapeValue(value as number[]);
  const encode = encoders[type];
  if (!encode) throw new RangeError(`Expected the attribute ${name} to have a known type, received ${type}`);
  // In AttrValue and in its ListValue the fields of these kinds carry the same numbers.
  const field = type + attrValue.string;
  if (!Array.isArray(value)) return encode(field, value as never);
  return message(attrValue.list, ...value.map((item) => encode(field, item as never)));
}

/** A constant tensor of the graph. */
export interface Constant {
  readonly shape: readonly number[];
  /** `TF_*`. */
  readonly dtype: number;
  readonly values: NativeValues;
}

/** @throws {RangeError} For text: no step of ours computes with it. */
function tensorValue({ shape, dtype, values }: Constant): Fields {
  if (Array.isArray(values) || dtype === dataTypes.string) throw new RangeError('Text cannot be recorded.');
  const content = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return message(attrValue.tensor, integer(1, dtype), message(2, shapeFields(shape)), bytes(4, content));
}

/**
 * The meaning of operations may change between versions of TensorFlow. Every later version reads a graph of this one
 * (TensorFlow 2.15) with the meanings of its time; 0, the default, would ask for those of 2015.
 */
const graphVersion = 1645;

/** The tag with which a SavedModel is loaded. */
export const savedModelTag = 'serve';

/** The graph as the content of a `saved_model.pb`. */
export function encodeSavedModel(graph: Graph): Fields {
  const nodes = graph.nodes.map(({ name, op, inputs, attributes }) =>
    message(
      1,
      text(1, name),
      text(2, op),
      // TensorFlow wants control inputs last.
      ...[
        ...inputs.filter((input) => !input.startsWith('^')),
        ...inputs.filter((input) => input.startsWith('^')),
      ].map((input) => text(3, input)),
      ...Object.entries(attributes).map(([key, value]) => message(5, text(1, key), message(2, value))),
    ),
  );
  const graphDef = join([...nodes, message(4, integer(1, graphVersion))]);
  return join([integer(1, 1), message(2, message(1, text(4, savedModelTag)), message(2, graphDef))]);
}
