import type { AnnotationFormat } from './annotation.js';
import { arraysFormat } from './arrays.js';
import { cocoFormat } from './coco.js';
import { geojsonFormat } from './geojson.js';
import { imagejFormat } from './imagej.js';
import { runLengthFormat } from './run-lengths.js';

/** Every format of annotation files that is read, as a dataset and as a target of `eval`. A new one is a file and a line. */
export const annotationFormats: readonly AnnotationFormat[] = [
  runLengthFormat,
  cocoFormat,
  geojsonFormat,
  imagejFormat,
  arraysFormat,
];
