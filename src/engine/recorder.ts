import { tf } from '../tf.js';
import { DryRun } from './dry-run.js';
import {
  attributeValue,
  type Control,
  control,
  Graph,
  type Output,
  output,
  typeValue,
  type Constant,
} from './graph.js';
import {
  attr,
  type Binding,
  dataTypes,
  type NativeAttribute,
  type NativeBackend,
  type NativeTensor,
  type NativeValues,
} from './native.js';
import { compileError, uncompilable } from './uncompilable.js';

/** Where a native tensor of the recorded step comes from. */
type Source =
  | { readonly kind: 'node'; readonly output: Output }
  | { readonly kind: 'constant'; readonly constant: Constant }
  | { readonly kind: 'state'; readonly state: RecordedState; readonly version: number };

/** A variable of the step in the graph. */
interface RecordedState {
  /** The caller's name for it. */
  readonly name: string;
  /** The node that names the variable. */
  readonly handle: string;
  readonly dtype: number;
  readonly shape: readonly number[];
  /** Counts the writes; the value of an older version that was not read before the write is lost. */
  version: number;
  /** The node that reads the current version, once something needs it. */
  read: string | undefined;
  /** The node that wrote the current version; undefined for the first one. */
  write: string | undefined;
}

/** From this many equal values on, a constant becomes a node that fills a tensor, so that zeros take no space. */
const fillFrom = 1024;

/**
 * Records as a graph what the native library is asked to compute.
 *
 * It replaces the binding that every operation of the backend calls, and records each call. Nothing is computed: the step
 * gets tensors that have a shape but no values.
 */
export class Recorder {
  readonly graph = new Graph();
  readonly #backend: NativeBackend;
  readonly #binding: Binding;
  readonly #dryRun: DryRun;
  readonly #sources = new Map<number, Source>();
  readonly #states = new Map<tf.Variable, RecordedState>();

  /** @param anySize Whether constants keep their form when their size changes: none is filled. */
  constructor(
    backend: NativeBackend,
    dryRun: DryRun,
    readonly anySize: boolean,
  ) {
    this.#backend = backend;
    this.#binding = backend.binding;
    this.#dryRun = dryRun;
  }

  /** Runs `step` with this recorder between the backend and the native library. */
  record<Result>(step: () => Result): Result {
    if (active) throw new Error('A step that is being recorded may not compile another one.');
    this.#backend.binding = this.#recordingBinding();
    setActive(this);
    try {
      return step();
    } finally {
      setActive(undefined);
      this.#backend.binding = this.#binding;
    }
  }

  /** Makes `tensor` an input of the graph; it must not share its data with another input or state. */
  addInput(node: string, tensor: tf.Tensor): Output {
    const like = { shape: tensor.shape, dtype: dataTypes[tensor.dtype] };
    const made = this.graph.addPlaceholder(node, like);
    const id = this.#idOf(tensor);
    this.#sources.set(id, { kind: 'node', output: made });
    this.#dryRun.addTensor(id, like);
    return made;
  }

  /** Makes `variable` a variable of the graph; it must not share its data with another input or state. */
  addState(handle: string, name: string, variable: tf.Variable): Output {
    const { shape } = variable;
    const dtype = dataTypes[variable.dtype];
    const node = this.graph.addVariable(handle, { shape, dtype });
    const state: RecordedState = {
      name,
      handle,
      dtype,
      shape,
      version: 0,
      read: undefined,
      write: undefined,
    };
    this.#states.set(variable, state);
    const id = this.#idOf(variable);
    this.#sources.set(id, { kind: 'state', state, version: 0 });
    this.#dryRun.addTensor(id, { shape, dtype });
    return node;
  }

  /** The output of the graph that holds `tensor`, which was computed by the recorded step. */
  outputOf(tensor: tf.Tensor): Output {
    return this.#outputOfId(this.#idOf(tensor), 'returns');
  }

  /** Writes the variables that were assigned to, and returns all nodes that change one. */
  finish(): Control[] {
    for (const [variable, state] of this.#states) {
      const source = this.#sources.get(this.#idOf(variable));
      if (source?.kind === 'state' && source.state === state && source.version === state.version) continue;
      const value = this.#outputOfId(this.#idOf(variable), `assigns to ${state.name}`);
      this.#write([state], 'AssignVariableOp', [value], { dtype: typeValue(state.dtype) });
    }
    return [...this.#states.values()].flatMap(({ write }) => (write === undefined ? [] : [control(write)]));
  }

  /** Adds an operation that changes variables in place. */
  addUpdate(
    op: string,
    attributes: readonly NativeAttribute[],
    variables: readonly tf.Variable[],
    inputs: readonly tf.Tensor[],
  ): void {
    const states = variables.map((variable) => this.#stateOf(variable, op));
    const values = this.#backend
      .getInputTensorIds(inputs)
      .map((id) => this.#outputOfId(id, `passes to ${op}`));
    for (const [index, state] of states.entries()) {
      const source = this.#sources.get(this.#idOf(variables[index]!));
      if (source?.kind !== 'state' || source.version !== state.version) {
        throw compileError(
          `${op} changes ${state.name}, which the step has assigned to before.`,
          'Do one of the two.',
        );
      }
    }
    this.#write(states, op, values, encodeAttributes(attributes));
    for (const [index, state] of states.entries()) {
      const updated = this.#dryRun.make(state);
      variables[index]!.assign(this.#backend.createOutputTensor(updated));
      this.#sources.set(updated.id, { kind: 'state', state, version: state.version });
    }
  }

  #recordingBinding(): Binding {
    const binding = this.#binding;
    const calls: Partial<Binding> = {
      createTensor: (shape: number[], dtype: number, values: NativeValues) => {
        const id = binding.createTensor(shape, dtype, values);
        this.#sources.set(id, { kind: 'constant', constant: { shape, dtype, values } });
        this.#dryRun.addConstant(id, { shape, dtype, values });
        return id;
      },
      executeOp: (op: string, attributes: NativeAttribute[], inputs: number[], outputs: number) => {
        const why = uncompilable(op, attributes);
        if (why) throw why;
        const values = inputs.map((id) => this.#outputOfId(id, `passes to ${op}`));
        const results = this.#dryRun.executeOp(op, attributes, inputs, outputs);
        this.#addOperation(op, attributes, values, results);
        return results;
      },
      tensorDataSync: (id: number) => {
        throw compileError(
          `The step reads the values of ${this.#describe(id)} while it is recorded.`,
          'Return the tensor as an output of the step and read it there.',
        );
      },
      runSavedModel: () => {
        throw compileError('The step runs a compiled step.', 'Call both from outside.');
      },
    };
    return Object.setPrototypeOf(calls, binding) as Binding;
  }

  #addOperation(op: string, attributes: NativeAttribute[], values: Output[], results: NativeTensor[]): void {
    const encoded = { ...encodeAttributes(attributes), ...missingAttributes(op, results) };
    const node = this.graph.add(this.#nameFor(op), op, values, encoded, results);
    for (const [index, { id }] of results.entries()) {
      this.#sources.set(id, { kind: 'node', output: output(node, index) });
    }
  }

  #outputOfId(id: number, use: string): Output {
    const source = this.#sources.get(id);
    if (!source) {
      throw compileError(
        `The step ${use} a tensor that is neither an input nor state and is not made by the step itself.`,
        'Add it to the inputs or the state, or make it inside the step from an array.',
      );
    }
    if (source.kind === 'node') return source.output;
    if (source.kind === 'state') return this.#readState(source.state, source.version);
    const made = this.#addConstant(source.constant);
    this.#sources.set(id, { kind: 'node', output: made });
    return made;
  }

  #readState(state: RecordedState, version: number): Output {
    if (version !== state.version) {
      throw compileError(
        `The step uses the value that ${state.name} had before its update.`,
        'Compute what needs the old value before the update.',
      );
    }
    state.read ??= this.graph.add(
      `${state.handle}/version${version}`,
      'ReadVariableOp',
      [output(state.handle), ...(state.write === undefined ? [] : [control(state.write)])],
      { dtype: typeValue(state.dtype) },
      [{ shape: state.shape, dtype: state.dtype }],
    );
    return output(state.read);
  }

  /** Adds an operation that changes `states`, to run after all nodes that read their current values. */
  #write(
    states: readonly RecordedState[],
    op: string,
    values: readonly Output[],
    attributes: Parameters<Graph['add']>[3],
  ): void {
    const before = states.flatMap(({ read, write }) => [read, write]).filter((node) => node !== undefined);
    const node = this.graph.add(
      this.#nameFor(op),
      op,
      [...states.map(({ handle }) => output(handle)), ...values, ...before.map(control)],
      attributes,
    );
    for (const state of states) {
      state.version += 1;
      state.read = undefined;
      state.write = node;
    }
  }

  #addConstant({ shape, dtype, values }: Constant): Output {
    const isUniform =
      !this.anySize &&
      values.length >= fillFrom &&
      !Array.isArray(values) &&
      values.every((value) => Object.is(value, values[0]));
    if (!isUniform) return this.graph.addConstant(this.#nameFor('Const'), { shape, dtype, values });
    const dims = this.#addConstant({
      shape: [shape.length],
      dtype: dataTypes.int32,
      values: Int32Array.from(shape),
    });
    const value = this.#addConstant({ shape: [], dtype, values: values.slice(0, 1) });
    return output(
      this.graph.add(this.#nameFor('Fill'), 'Fill', [dims, value], {
        T: typeValue(dtype),
        index_type: typeValue(dataTypes.int32),
      }),
    );
  }

  #stateOf(variable: tf.Variable, op: string): RecordedState {
    const state = this.#states.get(variable);
    if (state) return state;
    throw compileError(
      `${op} changes the variable ${variable.name}, which is not among the state.`,
      'Name it there.',
    );
  }

  #describe(id: number): string {
    const source = this.#sources.get(id);
    if (source?.kind === 'node') return source.output.replace(/:0$/, '');
    return source?.kind === 'state' ? source.state.name : 'a tensor made before';
  }

  #nameFor = (op: string) => `${op}_${this.graph.nodes.length}`;

  #idOf = (tensor: tf.Tensor): number => this.#backend.getInputTensorIds([tensor])[0]!;
}

const encodeAttributes = (attributes: readonly NativeAttribute[]) =>
  Object.fromEntries(attributes.map((attribute) => [attribute.name, attributeValue(attribute)]));

/** Attributes that eager execution infers and a graph needs; all other kernels of tfjs-node give them. */
const missingAttributes = (op: string, [result]: readonly NativeTensor[]): Parameters<Graph['add']>[3] =>
  op === 'ExpandDims' ? { T: typeValue(result!.dtype), Tdim: typeValue(dataTypes.int32) } : {};

/** The recorder of the step that is being recorded. */
let active: Recorder | undefined;

const setActive = (recorder: Recorder | undefined) => {
  active = recorder;
};

export const activeRecorder = (): Recorder | undefined => active;

/** A tensor with the same values and a native handle of its own; the caller disposes it. */
export function withOwnHandle(backend: NativeBackend, tensor: tf.Tensor): tf.Tensor {
  return backend.executeMultipleOutputs('Identity', [attr.type('T', tensor.dtype)], [tensor], 1)[0]!;
}
