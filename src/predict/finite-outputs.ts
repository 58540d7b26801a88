import { exitCodes, NucleateError } from '../errors.js';

/**
 * Rejects an output of a network that is NaN or infinite: boxes and masks made of it would be nothing, without a word. Weights
 * may be finite and overflow in the network.
 *
 * @param outputs All of them, or a sum that is NaN or infinite if one of them is.
 * @param options.network For messages: `detector`.
 * @param options.source The file or folder of the weights, for messages.
 * @throws {NucleateError} Exit code 5; `where` is left to who knows the image, see `inPlace`.
 */
export function requireFiniteOutputs(
  outputs: Float32Array,
  { network, source }: { readonly network: 'detector' | 'segmenter'; readonly source?: string | undefined },
): void {
  // A plain loop: a callback for each of 10^6 numbers of a batch would take longer than some networks.
  let index = 0;
  while (index < outputs.length && Number.isFinite(outputs[index])) index++;
  if (index === outputs.length) return;
  const weights = source === undefined ? 'its weights' : `the weights in ${source}`;
  throw new NucleateError({
    what: `The ${network} computes ${outputs[index]}: ${weights} overflow, so that nothing it finds means anything.`,
    hint: 'Use an older checkpoint of the run, or another model.',
    exitCode: exitCodes.diverged,
  });
}
