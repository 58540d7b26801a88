import { tf } from '../tf.js';
import { type Constant, type Graph, type Node, type Output, output, type Result } from './graph.js';
import { type NativeBackend, nativeBackend } from './native.js';
import { fingerprint, type Recording } from './record-step.js';
import type { NamedTensors } from './step.js';
import { compileError } from './uncompilable.js';

/** Sizes whose constants are kept. Those of a detector's largest tile, mostly anchors, take about 5 MB. */
const keptSizes = 16;

/**
 * What in a step depends on the sizes of its inputs: shapes, anchors, borders. As these are fed, one compiled graph
 * serves all sizes. For a new size the step is only recorded again, and its other nodes must be the same.
 */
export class SizeConstants {
  /** Of each node of the first recording; undefined for those that depend on sizes. */
  readonly #fixed: readonly (string | undefined)[];
  readonly #backend: NativeBackend = nativeBackend();
  /** By the shapes of the inputs; the one that was used last is at the end. */
  readonly #feeds = new Map<string, readonly (readonly [Output, tf.Tensor])[]>();

  /**
   * Changes the graph of `first`: constants that are others in `second` become placeholders.
   *
   * @param first With its inputs, as `second`.
   * @throws {NucleateError} If the recordings differ in more than sizes of inputs and constants.
   */
  constructor(
    [first, inputs]: readonly [Recording, NamedTensors],
    [second, otherInputs]: readonly [Recording, NamedTensors],
  ) {
    const fingerprints = first.graph.nodes.map(fingerprint);
    const others = second.graph.nodes.map(fingerprint);
    this.#fixed = fingerprints.map((value, index) => (value === others[index] ? value : undefined));
    this.#feeds.set(sizesOf(otherInputs), this.#read(second.graph));
    this.#feeds.set(sizesOf(inputs), this.#read(first.graph));
    const nodes = first.graph.nodes.splice(0);
    for (const [index, node] of nodes.entries()) {
      if (this.#fixed[index] !== undefined) first.graph.nodes.push(node);
      else first.graph.addPlaceholder(node.name, openShape(node, second.graph.nodes[index]!));
    }
  }

  /**
   * Where to feed what depends on the sizes of these inputs.
   *
   * @param record Records the step with inputs of these sizes, if they are new.
   * @returns The tensors stay this object's.
   */
  feeds(inputs: NamedTensors, record: () => Recording): readonly (readonly [Output, tf.Tensor])[] {
    const key = sizesOf(inputs);
    const known = this.#feeds.get(key);
    const feeds = known ?? this.#read(record().graph);
    this.#feeds.delete(key);
    this.#feeds.set(key, feeds);
    if (this.#feeds.size > keptSizes) {
      const [oldest, old] = this.#feeds.entries().next().value!;
      tf.dispose(old.map(([, tensor]) => tensor));
      this.#feeds.delete(oldest);
    }
    return feeds;
  }

  dispose(): void {
    for (const feeds of this.#feeds.values()) tf.dispose(feeds.map(([, tensor]) => tensor));
    this.#feeds.clear();
  }

  #read(graph: Graph): (readonly [Output, tf.Tensor])[] {
    this.#requireSame(graph);
    return graph.nodes.flatMap(({ name, tensor }, index) => {
      if (this.#fixed[index] !== undefined || !isConstant(tensor)) return [];
      const { shape, dtype, values } = tensor;
      const id = this.#backend.binding.createTensor([...shape], dtype, values);
      const made = this.#backend.createOutputTensor({ id, shape: [...shape], dtype });
      return [[output(name), made] as const];
    });
  }

  #requireSame({ nodes }: Graph): void {
    const length = Math.max(nodes.length, this.#fixed.length);
    for (let index = 0; index < length; index++) {
      const node = nodes[index];
      const fixed = this.#fixed[index];
      if (
        node &&
        index < this.#fixed.length &&
        (fixed === undefined ? node.tensor : fixed === fingerprint(node))
      )
        continue;
      throw compileError(
        `With inputs of another size the step is another one: ${node?.name ?? 'its last part'} differs.`,
        'Let sizes change only shapes and the values of constants.',
      );
    }
  }
}

const sizesOf = (inputs: NamedTensors): string =>
  JSON.stringify(Object.values(inputs).map(({ shape }) => shape));

const isConstant = (tensor: Node['tensor']): tensor is Constant => tensor !== undefined && 'values' in tensor;

/** Shape and type of a constant or an input in both recordings; -1 where the sizes differ. */
function openShape({ tensor: one }: Node, { tensor: other }: Node): Result {
  const sizes = other!.shape;
  return { dtype: one!.dtype, shape: one!.shape.map((size, axis) => (size === sizes[axis] ? size : -1)) };
}
