import type { AssembleSettings } from '../config/assemble.js';
import type { ModelFile } from '../config/model-file.js';

/** The settings of a fine-tuned model, and those that each validation image is scored with. */
export interface OperatingPoint {
  readonly assemble: AssembleSettings;
  readonly tuned: ModelFile['tuned'];
  /** One sentence. */
  readonly how: string;
  /** By image id: settings that were chosen without this image. */
  readonly scoredWith: (id: string) => AssembleSettings;
}

/** The settings of the model that it began as. */
export const keptSettings = ({ name, assemble, tuned }: ModelFile): OperatingPoint => ({
  assemble,
  tuned: tuned && { of: name, ...tuned },
  how: `kept from ${name}`,
  scoredWith: () => assemble,
});
