import type { SourceKind } from './source-kind.js';

/** A kind whose code is loaded when predictions are opened: help needs only the words. */
export interface ListedKind {
  /** In the plural, for help. */
  readonly words: string;
  load(): Promise<SourceKind>;
}

/**
 * Every kind of predictions. The first that recognises a path opens it: annotations take every file that is no dataset, label
 * images every folder that is left, and they report what is wrong with it. A new kind is a file beside this one and a line
 * here.
 */
export const sourceKinds: readonly ListedKind[] = [
  {
    words: 'annotation files (COCO, GeoJSON, ImageJ ROIs, NumPy arrays, run-length CSV)',
    load: async () => (await import('./annotations.js')).annotationsKind,
  },
  { words: 'datasets (folder, zip, prepared)', load: async () => (await import('./dataset.js')).datasetKind },
  { words: 'folders of masks', load: async () => (await import('./mask-folders.js')).maskFoldersKind },
  { words: 'folders of label images', load: async () => (await import('./label-folder.js')).labelFolderKind },
];
