import path from 'node:path';
import { packageRoot } from './package-root.js';
import { readPlainTextSync } from './plain-file.js';

/** The version of nucleate. */
export const packageVersion = (): string =>
  (JSON.parse(readPlainTextSync(path.join(packageRoot, 'package.json'))) as { version: string }).version;
