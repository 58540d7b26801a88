import type { SourceKind } from './source-kind.js';

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
  { words: 'datasets (folder, zip, prepared)', load: async () => (await import('./dataset.js')).datasetKind },
  { words: 'folders of masks', load: async () => (await import('./mask-folders.js')).maskFoldersKind },
  { words: 'COCO files', load: async () => (await import('./coco.js')).cocoKind },
  { words: 'folders of label images', load: async () => (await import('./label-folder.js')).labelFolderKind },
  { words: 'run-length CSV files', load: async () => (await import('./run-lengths.js')).runLengthKind },
];
