import { exitCodes, NucleateError, type Problem } from '../errors.js';
import type { StoredTensors, StoredTensor } from '../safetensors/tensor.js';
import { tf } from '../tf.js';
import { type KerasLayer, type KerasWeight, withKerasLayers } from './keras-weights-file.js';
import {
  type ExpectedLayer,
  expectedLayers,
  type KerasNetwork,
  type NumberedKind,
} from './keras-weights-layers.js';

/**
 * Reads the weights of a published network without its top from a file of Keras (`save_weights('x.h5')`, the layout of
 * Keras 2 and of the files that Keras Applications downloads).
 *
 * @param bytes Content of the file.
 * @returns All weights by their names in our networks (`stem_conv1/kernel`), float32.
 * @throws {NucleateError} Exit code 6 if the file is damaged or has another layout, or if anything in it is missing,
 *   unexpected, of another shape, in another order or not finite; lists all problems.
 */
export async function readKerasWeights(bytes: Uint8Array, network: KerasNetwork): Promise<StoredTensors> {
  return withKerasLayers(bytes, (layers) => mapKerasWeights(layers, network));
}

/** {@link readKerasWeights} for layers in the order of the file. */
export function mapKerasWeights(layers: readonly KerasLayer[], network: KerasNetwork): StoredTensors {
  const stored = layers.filter(({ weights }) => weights.length > 0);
  const first = firstNumbers(stored);
  const byName = new Map(stored.map((layer) => [layer.name, layer]));
  const expected = expectedLayers(network).map((layer) => ({
    ...layer,
    kerasName: kerasNameOf(layer, first),
  }));
  const names = new Set(expected.map(({ kerasName }) => kerasName));

  const problems: Problem[] = [
    ...stored
      .filter(({ name }) => !names.has(name))
      .map(({ name }) => ({ what: `Unexpected layer ${name}.` })),
    ...expected.flatMap(({ kerasName, layer, shapes }) => {
      const found = byName.get(kerasName);
      if (!found) return [{ what: `Missing layer ${kerasName} (here ${layer}).` }];
      return shapeProblems(found, layer, shapes);
    }),
  ];
  rejectIfAny(problems, network);
  // All layers are present, each at least once.
  const misplaced = stored.findIndex(({ name }, index) => name !== expected[index]?.kerasName);
  if (misplaced >= 0) {
    const [received, wanted] = [stored[misplaced]!.name, expected[misplaced]?.kerasName ?? 'the end'];
    rejectIfAny([{ what: `The order differs: expected ${wanted}, received ${received}.` }], network);
  }

  const values = new Map<string, StoredTensor>();
  for (const { kerasName, layer, shapes } of expected) {
    const found = byName.get(kerasName)!;
    for (const [role, shape] of Object.entries(shapes)) {
      const data = weightOf(found, role)!.read();
      if (!areFinite(data)) problems.push({ what: `${kerasName}/${role} has values that are not finite.` });
      values.set(`${layer}/${role}`, { dtype: 'F32', shape, data });
    }
  }
  rejectIfAny(problems, network);
  return values;
}

// A loop: `every` takes seconds for fifty million values.
function areFinite(values: Float32Array): boolean {
  for (let index = 0; index < values.length; index++) if (!Number.isFinite(values[index]!)) return false;
  return true;
}

export interface Assigned {
  /** Names of the weights that now have the file's values. */
  readonly assigned: readonly string[];
  /** Names of the others: heads, and what the published network does not have. */
  readonly kept: readonly string[];
}

/**
 * Assigns the values of a file to the layers of a network that also occur in it: the encoder or backbone, or a part of it.
 *
 * A first layer with more input channels than the three of an image keeps its own weights for the others.
 *
 * @param weights Of the network, by `<layer>/<weight>`; changed.
 * @param values From {@link readKerasWeights}.
 * @throws {NucleateError} Exit code 6 if there is no common layer, or if one of them has other weights or shapes; then
 *   nothing is changed.
 */
export function assignKerasWeights(
  weights: Readonly<Record<string, tf.Variable>>,
  values: StoredTensors,
): Assigned {
  const layers = new Set([...values.keys()].map(layerOf));
  const names = Object.keys(weights);
  const assigned = names.filter((name) => layers.has(layerOf(name)));
  const ours = new Set(assigned.map(layerOf));
  const theirs = [...values.keys()].filter((name) => ours.has(layerOf(name)));
  const problems: Problem[] = [
    ...assigned.filter((name) => !values.has(name)).map((name) => ({ what: `The file has no ${name}.` })),
    ...theirs.filter((name) => !(name in weights)).map((name) => ({ what: `The network has no ${name}.` })),
    ...assigned.flatMap((name) => {
      const [wanted, stored] = [weights[name]!.shape, values.get(name)?.shape];
      if (!stored || fits(stored, wanted)) return [];
      return [{ what: `${name} has shape [${stored.join(', ')}] in the file, [${wanted.join(', ')}] here.` }];
    }),
  ];
  if (assigned.length === 0) problems.push({ what: 'They have no layer in common.' });
  if (problems.length > 0) {
    throw new NucleateError({
      what: `The weights of the file do not fit the network: ${problems[0]!.what}`,
      hint: 'Use the published architecture in the config: width 1, and normalization as in the file.',
      exitCode: exitCodes.checkpoint,
      problems,
    });
  }
  for (const name of assigned) {
    tf.tidy(() => {
      const variable = weights[name]!;
      const { shape, data } = values.get(name)!;
      const value = tf.tensor(data as Float32Array, [...shape], 'float32');
      const missing = shape.length === 4 ? variable.shape[2]! - shape[2]! : 0;
      if (missing === 0) return variable.assign(value);
      const [height, width, channels, filters] = shape as [number, number, number, number];
      const own = tf.slice(variable, [0, 0, channels, 0], [height, width, missing, filters]);
      variable.assign(tf.concat([value, own], 2));
    });
  }
  return { assigned, kept: names.filter((name) => !layers.has(layerOf(name))) };
}

const layerOf = (name: string) => name.slice(0, name.lastIndexOf('/'));

function fits(stored: readonly number[], wanted: readonly number[]): boolean {
  const isFirstLayer = stored.length === 4 && stored[2] === 3;
  return (
    stored.length === wanted.length &&
    stored.every(
      (side, axis) => side === wanted[axis] || (isFirstLayer && axis === 2 && side < wanted[axis]!),
    )
  );
}

const kinds: readonly NumberedKind[] = ['conv2d', 'batch_normalization'];

/**
 * The first number of each kind of layers: a process that has made other networks before continues their numbers, and
 * old versions of Keras begin at 1. A name without a number (`conv2d`) is 0.
 */
function firstNumbers(layers: readonly KerasLayer[]): Record<NumberedKind, number> {
  const numbersOf = (kind: NumberedKind) =>
    layers.flatMap(({ name }) => {
      const [, number] = new RegExp(`^${kind}(?:_(\\d+))?$`).exec(name) ?? [];
      return name === kind ? [0] : number === undefined ? [] : [Number(number)];
    });
  const first = kinds.map((kind) => [kind, Math.min(...numbersOf(kind))]);
  return Object.fromEntries(first) as Record<NumberedKind, number>;
}

function kerasNameOf({ keras }: ExpectedLayer, first: Record<NumberedKind, number>): string {
  if (typeof keras === 'string') return keras;
  const number = keras.index + (Number.isFinite(first[keras.kind]) ? first[keras.kind] : 0);
  return number === 0 ? keras.kind : `${keras.kind}_${number}`;
}

function shapeProblems(found: KerasLayer, layer: string, shapes: ExpectedLayer['shapes']): Problem[] {
  const of = `of layer ${found.name} (here ${layer})`;
  const unexpected = found.weights.filter(({ name }) => !(roleOf(name) in shapes));
  return [
    ...unexpected.map(({ name }) => ({ what: `Unexpected weight ${name} ${of}.` })),
    ...Object.entries(shapes).flatMap(([role, shape]) => {
      const weight = weightOf(found, role);
      if (!weight) return [{ what: `Missing weight ${role} ${of}.` }];
      if (weight.shape.join() === shape.join()) return [];
      const what = `Weight ${role} ${of} has shape [${weight.shape.join(', ')}], expected [${shape.join(', ')}].`;
      return [{ what }];
    }),
  ];
}

/** `conv2d_3/kernel:0` and `kernel` are a kernel. */
const roleOf = (name: string) => name.split('/').at(-1)!.split(':', 1)[0]!;

const weightOf = ({ weights }: KerasLayer, role: string): KerasWeight | undefined =>
  weights.find(({ name }) => roleOf(name) === role);

function rejectIfAny(problems: readonly Problem[], network: KerasNetwork): void {
  if (problems.length === 0) return;
  const title = { 'inception-resnet-v2': 'InceptionResNetV2', vgg16: 'VGG16' }[network];
  throw new NucleateError({
    what: `The file does not hold the weights of Keras's ${title} without its top: ${problems[0]!.what}`,
    hint: `Take the file whose name ends in _notop.h5, or write one with keras.applications.${title}(include_top=False).`,
    exitCode: exitCodes.checkpoint,
    problems,
  });
}
