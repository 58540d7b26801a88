/** Whether stored weights are those of a network: nothing is missing, unknown, or of another shape or type. */
import type { NamedTensors } from '../engine/step.js';
import { exitCodes, NucleateError, type Problem } from '../errors.js';
import type { StoredTensor, StoredTensors } from '../safetensors/tensor.js';

/** What a network expects of a tensor. */
export type TensorLike = Pick<NamedTensors[string], 'shape' | 'dtype'>;

/** The names that tfjs gives to the types of stored tensors; a variable has no other type. */
const storedTypes: Partial<Record<string, StoredTensor['dtype']>> = { float32: 'F32', int32: 'I32' };

/**
 * Everything in which stored tensors differ from those of a network, compared both ways, by name; empty if they fit.
 *
 * @param holder What has the stored tensors, for sentences: `The checkpoint`.
 */
export function weightDifferences(
  wanted: Readonly<Record<string, TensorLike>>,
  stored: StoredTensors,
  holder: string,
): Problem[] {
  const names = [...new Set([...Object.keys(wanted), ...stored.keys()])].sort();
  return names.flatMap((name) => {
    const [own, other] = [wanted[name], stored.get(name)];
    if (!other) return [{ what: `${holder} lacks ${name}.` }];
    if (!own) return [{ what: `The network has no ${name}.` }];
    if (fitsTensor(own, other)) return [];
    const [expected, found] = [words(storedTypes[own.dtype] ?? own.dtype, own), words(other.dtype, other)];
    return [{ what: `${name} is ${expected} in the network, ${found} in ${holder.toLowerCase()}.` }];
  });
}

/** Whether a stored tensor has the shape and type that a network expects. */
export const fitsTensor = ({ shape, dtype }: TensorLike, stored: StoredTensor): boolean =>
  storedTypes[dtype] === stored.dtype && shape.join() === stored.shape.join();

const words = (dtype: string, { shape }: Pick<TensorLike, 'shape'> | StoredTensor) =>
  `${dtype} [${shape.join(', ')}]`;

/** A different network differs in every tensor; a few of them say as much. */
const mostListed = 20;

/** The first problems, and how many more there are. */
export function shortList(problems: readonly Problem[]): readonly Problem[] {
  const more = problems.length - mostListed;
  return more > 0 ? [...problems.slice(0, mostListed), { what: `And ${more} more.` }] : problems;
}

/**
 * Rejects weights that are not exactly those of a network.
 *
 * @param options.network For messages: `detector`.
 * @param options.where The file or folder of the weights.
 * @throws {NucleateError} Exit code 6 with what differs.
 */
export function requireFittingWeights(
  wanted: Readonly<Record<string, TensorLike>>,
  stored: StoredTensors,
  { network, where }: { readonly network: string; readonly where?: string | undefined },
): void {
  const problems = weightDifferences(wanted, stored, 'The file');
  if (problems.length === 0) return;
  throw new NucleateError({
    what: `The weights do not fit the ${network}: ${problems.length} of its ${Object.keys(wanted).length} tensors differ.`,
    ...(where !== undefined && { where }),
    hint: 'The file is incomplete, or was made by another version of nucleate: make it again, or use that version.',
    exitCode: exitCodes.checkpoint,
    problems: shortList(problems),
  });
}
