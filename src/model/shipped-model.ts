import path from 'node:path';
import { packageRoot } from '../package-root.js';

/** The folder of the model that comes with nucleate; independent of the current working directory. */
export const shippedModel = path.join(packageRoot, 'models/nucleate-stains');
