import { annotationLayout } from './annotations/annotation-layout.js';
import { annotationFormats } from './annotations/formats.js';
import { annotatedLayout } from './annotated-layout.js';
import { challengeLayout } from './challenge-layout.js';
import { foldersLayout } from './folders-layout.js';
import type { DatasetLayout } from './layout.js';
import { pairsLayout } from './pairs-layout.js';
import { preparedLayout } from './prepared-layout.js';

/**
 * The dataset layouts that are read. A new layout is one file of this folder and one line here: recognition, error
 * messages, descriptions and `nucleate data layouts` follow from it.
 */
export const layouts: readonly DatasetLayout[] = [
  challengeLayout,
  foldersLayout,
  pairsLayout,
  ...annotationFormats.map(annotationLayout),
  preparedLayout,
  annotatedLayout,
];
