import { fileURLToPath } from 'node:url';

/** The folder of the model that comes with nucleate: beside the sources, wherever the user works. */
export const shippedModel = fileURLToPath(new URL('../../models/nucleate-small', import.meta.url));
