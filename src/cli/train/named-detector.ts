import { AssembleSettings } from '../../config/assemble.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { findNetworks } from '../../model/find-networks.js';
import type { NamedDetector } from '../../train/two-stage-score.js';

/**
 * Reads the detector of a model folder, a run (its best checkpoint) or a checkpoint.
 *
 * @throws {NucleateError} Exit code 2 if there is none; 6 if it is damaged.
 */
export async function readNamedDetector(place: string): Promise<NamedDetector> {
  const found = await findNetworks(place);
  if (!found?.detector) {
    throw new NucleateError({
      what: 'There is no detector here.',
      where: place,
      hint: 'Name a run of `nucleate train detector`, one of its checkpoints, or a model folder.',
      exitCode: exitCodes.usage,
    });
  }
  const { config, weights } = found.detector;
  return { config, weights, assemble: found.assemble ?? AssembleSettings.parse({}) };
}
