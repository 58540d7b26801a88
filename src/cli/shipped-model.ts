import path from 'node:path';
import { packageRoot } from '../package-root.js';

/** The folder of the model that comes with nucleate: beside the sources, wherever the user works. */
export const shippedModel = path.join(packageRoot, 'models/nucleate-small');
