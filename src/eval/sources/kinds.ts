import type { PredictionSource } from './source.js';
import type { Target } from './target.js';

/** One kind of files or folders that hold predictions. */
export interface SourceKind {
  recognise(target: Target): boolean | Promise<boolean>;
  /** @throws {NucleateError} Exit code 3 if it cannot be read or has problems. */
  open(target: Target): Promise<PredictionSource>;
}

/** A kind whose code is loaded when predictions are opened: help needs only the words. */
export interface ListedKind {
  /** In the plural, for help. */
  readonly words: string;
  load(): Promise<SourceKind>;
}

/**
 * Every kind of predictions. The first that recognises a path opens it; the last two accept every folder and every file
 * that is left, and report what is wrong with it. A new kind is a file beside this one and a line here.
 */
export const sourceKinds: readonly ListedKind[] = [
  { words: 'dataset files', load: async () => (await import('./dataset.js')).datasetKind },
  { words: 'folders of masks', load: async () => (await import('./mask-folders.js')).maskFoldersKind },
  { words: 'COCO files', load: async () => (await import('./coco.js')).cocoKind },
  { words: 'folders of label images', load: async () => (await import('./label-folder.js')).labelFolderKind },
  { words: 'run-length CSV files', load: async () => (await import('./run-lengths.js')).runLengthKind },
];
