import type { PredictionSource } from './source.js';
import type { Target } from './target.js';

/** One kind of files or folders that hold predictions. */
export interface SourceKind {
  recognise(target: Target): boolean | Promise<boolean>;
  /** @throws {NucleateError} Exit code 3 if it cannot be read or has problems. */
  open(target: Target): Promise<PredictionSource>;
}
