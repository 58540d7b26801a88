import { statSync } from 'node:fs';
import { kindOf, readPlainFileSync } from '../plain-file.js';
import type { Problem } from '../errors.js';
import { type LocatedMapping, plain } from './located.js';
import { received, shortened } from './wording.js';
import { readYaml } from './yaml.js';

/** Far more than any config has, and few enough that even a malicious file fails within seconds. */
const maxBytes = 100_000;

/**
 * Reads a config file, which has to hold a mapping.
 *
 * @param asked The place that names the file: the file itself, or the `extends` of another one.
 * @returns `undefined` if it cannot be used; the reasons have been reported.
 */
export function readConfigFile(
  file: string,
  asked: string,
  report: (problem: Problem) => void,
): LocatedMapping | undefined {
  const text = readText(file);
  if (typeof text !== 'string') {
    report({ ...text, where: asked });
    return undefined;
  }
  const placeOf = (line: number, column: number) => `${file}:${line}:${column}`;
  const root = readYaml(text, { placeOf, report });
  if (!root || root.kind === 'mapping') return root;

  const value = plain(root) ?? undefined;
  const what = `Expected a config to be a mapping of keys to values, received ${received(value)}.`;
  report({ what, where: root.where, hint: 'Start with `task: detector` or `task: segmenter`.' });
  return undefined;
}

/** The text, without a byte order mark, or why there is none. */
function readText(file: string): string | Problem {
  const name = JSON.stringify(file);
  try {
    const found = statSync(file, { throwIfNoEntry: false });
    if (!found) return { what: `There is no config ${name}.`, hint: 'Check the path.' };
    if (!found.isFile()) {
      return { what: `The config ${name} is ${kindOf(found)}, not a file.`, hint: 'Name a YAML file.' };
    }
    if (found.size > maxBytes) {
      const what = `The config ${name} has ${found.size} bytes, more than the ${maxBytes} that are read.`;
      return { what, hint: 'Check that it is a config.' };
    }
    return new TextDecoder('utf-8', { fatal: true }).decode(readPlainFileSync(file, maxBytes));
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    return {
      what: `Cannot read the config ${name}: ${shortened(reason, 200)}.`,
      hint: 'Check the path, its permissions, and that it is text in UTF-8.',
    };
  }
}
