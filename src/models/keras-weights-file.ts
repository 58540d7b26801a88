import { Dataset, ExternalLink, File, Group, ready } from 'h5wasm';
import { exitCodes, NucleateError } from '../errors.js';

/** A layer of a weights file. */
export interface KerasLayer {
  readonly name: string;
  readonly weights: readonly KerasWeight[];
}

export interface KerasWeight {
  /** As in the file: `conv2d_3/kernel:0`. */
  readonly name: string;
  readonly shape: readonly number[];
  /** Returns a copy of its values. */
  readonly read: () => Float32Array<ArrayBuffer>;
}

/** A file in the memory of the HDF5 library, which has its own file system: links to other files lead nowhere. */
const nameInMemory = 'weights.h5';

/**
 * Opens an HDF5 file in the layout of Keras 2: names of layers and of their weights as attributes, weights as datasets.
 *
 * Finds damage to the structure of the file, not to its values; some damage lets the HDF5 library run forever.
 *
 * @param bytes Content of the file: only weights, or a whole model.
 * @param use Called with the layers in the file's order, including those without weights.
 * @throws {NucleateError} Exit code 6 if it is no such file, is damaged or links to other files; what `use` throws.
 */
export async function withKerasLayers<Result>(
  bytes: Uint8Array,
  use: (layers: KerasLayer[]) => Result,
): Promise<Result> {
  const library = await ready;
  library.FS.writeFile(nameInMemory, bytes);
  // Otherwise the library prints errors and continues.
  library.activate_throwing_error_handler();
  let file: File | undefined;
  try {
    file = new File(nameInMemory, 'r');
    return use(listLayers(file));
  } catch (error) {
    throw error instanceof NucleateError ? error : damaged(reasonOf(error as Error), error as Error);
  } finally {
    file?.close();
    library.deactivate_throwing_error_handler();
    library.FS.unlink(nameInMemory);
  }
}

/** The last reason in the library's report is the cause of the others. */
function reasonOf({ message }: Error): string {
  const reasons = [...message.matchAll(/#\d+: .* line \d+ in \w+\(\): (.*)/gu)];
  return `${reasons.at(-1)?.[1] ?? message}.`;
}

function listLayers(file: File): KerasLayer[] {
  const root = 'layer_names' in file.attrs ? file : groupIn(file, 'model_weights');
  return names(root, 'layer_names').map((name) => {
    const group = groupIn(root, name);
    return { name, weights: names(group, 'weight_names').map((weight) => weightIn(group, weight)) };
  });
}

function weightIn(group: Group, name: string): KerasWeight {
  const dataset = memberOf(group, name);
  const isFloat32 = dataset instanceof Dataset && dataset.dtype === '<f';
  if (!isFloat32 || !dataset.shape) throw damaged(`${group.path}/${name} is not an array of float32.`);
  return {
    name,
    shape: dataset.shape,
    read: () => {
      const { value } = dataset;
      if (value instanceof Float32Array) return value as Float32Array<ArrayBuffer>;
      throw damaged(`${group.path}/${name} cannot be read.`);
    },
  };
}

/** An attribute that lists names. */
function names(group: Group, attribute: string): string[] {
  const value = group.attrs[attribute]?.value;
  const isEmpty = value instanceof Float64Array && value.length === 0;
  if (isEmpty) return [];
  if (Array.isArray(value) && value.every((name) => typeof name === 'string')) return value;
  throw damaged(`${group.path} has no ${attribute}.`);
}

function groupIn(parent: Group, name: string): Group {
  const group = memberOf(parent, name);
  if (group instanceof Group) return group;
  throw damaged(`There is no group ${name} in ${parent.path}.`);
}

/** The member at a path; null if there is none, also for absolute paths and those with `..`. */
function memberOf(parent: Group, path: string): ReturnType<Group['get']> {
  let member: ReturnType<Group['get']> = parent;
  for (const part of path.split('/')) {
    if (!(member instanceof Group) || !member.keys().includes(part)) return null;
    member = member.get(part);
  }
  if (member instanceof ExternalLink) throw damaged(`${path} is in another file, ${member.filename}.`);
  return member;
}

const damaged = (what: string, cause?: Error) =>
  new NucleateError(
    {
      what: `This is not a weights file of Keras 2: ${what}`,
      hint: 'Download it again, or write it with save_weights of tf_keras. Files of Keras 3 (.weights.h5, .keras) do not work.',
      exitCode: exitCodes.checkpoint,
    },
    { cause },
  );
