import path from 'node:path';
import type { ModelFile } from '../config/model-file.js';
import type { MadeWith } from '../data/files/output-record.js';
import { packageRoot } from '../package-root.js';
import { readPlainTextSync } from '../plain-file.js';
import { modelHash } from './model-hash.js';

/**
 * What makes the nuclei of an image what they are: equal for results that fit together.
 *
 * @param file With the settings that are used, whosever they are.
 * @param reading Everything else that was asked for and changes results, by the names of the options. Values are compared
 *   as JSON; those that are undefined do not count.
 */
export function madeWith(file: ModelFile, reading: Readonly<Record<string, unknown>> = {}): MadeWith {
  const { name, assemble, predict } = file;
  const options: Record<string, unknown> = { ...assemble, ...predict, ...reading };
  // With a diameter, the model's own settings in px are scaled along, and those that are given are not.
  if (reading['diameter'] !== undefined) options['given'] = Object.keys(reading).sort();
  for (const key of Object.keys(options)) if (options[key] === undefined) delete options[key];
  return {
    version: nucleateVersion(),
    model: { name, sha256: modelHash(file) },
    options,
  };
}

function nucleateVersion(): string {
  const text = readPlainTextSync(path.join(packageRoot, 'package.json'));
  return (JSON.parse(text) as { version: string }).version;
}
