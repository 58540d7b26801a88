/** `import { loadModel } from 'nucleate'`: models in one's own program, run by tsx or a bundler. */
export { readImage } from './data/image-io.js';
export type { Image, LabelImage } from './data/image.js';
export { loadModel, type Model } from './library/model.js';
export type { Instance, Segmentation } from './predict/assemble/segmentation.js';
