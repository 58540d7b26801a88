/** JSON that comes from elsewhere, read with the place of what is wrong. */
import { exitCodes, NucleateError } from '../../../errors.js';

/** The error for an annotation file. */
export const annotationError = (where: string, what: string, hint: string, cause?: unknown) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * @param place The file.
 * @throws {NucleateError} Exit code 3 if it is not JSON, or says something twice.
 */
export function parseJson(bytes: Buffer, place: string): unknown {
  const hint = 'Save or export the file again.';
  if (bytes.length === 0) throw annotationError(place, 'The file is empty.', hint);
  // PowerShell writes so; what JSON.parse says of it is no text.
  if (utf16Marks.includes(bytes.toString('latin1', 0, 2)))
    throw annotationError(place, 'The file is text in UTF-16, and JSON is UTF-8.', 'Save it as UTF-8.');
  const twice = doubledKey(bytes);
  if (twice !== undefined) {
    const what = `An object has the key ${JSON.stringify(twice.key)} twice.`;
    throw annotationError(`${place}:${lineOf(bytes, twice.at)}`, what, hint);
  }
  try {
    return JSON.parse(bytes.toString('utf8').replace(/^\ufeff/u, ''));
  } catch (cause) {
    throw annotationError(place, `The file is not JSON: ${(cause as Error).message}.`, hint, cause);
  }
}

const utf16Marks = ['\xff\xfe', '\xfe\xff'];

export const isObject = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a message shows of a value. */
export function shown(value: unknown): string {
  const text = value === undefined ? 'nothing' : JSON.stringify(value);
  return `\`${text.length > 40 ? `${text.slice(0, 40)}...` : text}\``;
}

const signs = { quote: 0x22, comma: 0x2c, colon: 0x3a, opening: 0x7b, closing: 0x7d, backslash: 0x5c };

/** Objects within objects that are looked at; what lies deeper means nothing to any reader. */
const maxDepth = 64;

/**
 * The first key that an object has twice, and where. `JSON.parse` would keep the last without a word, and with it lose half
 * the nuclei. Anything that is not JSON is left to `JSON.parse`.
 */
function doubledKey(bytes: Buffer): { key: string; at: number } | undefined {
  /** The keys of each object that is open. */
  const open: Set<string>[] = [];
  let depth = 0;
  for (let at = 0; at < bytes.length; at++) {
    const sign = bytes[at];
    if (sign === signs.opening) {
      if (++depth <= maxDepth) open.push(new Set());
    } else if (sign === signs.closing) {
      if (depth-- <= maxDepth) open.pop();
    } else if (sign === signs.quote) {
      const start = at;
      at++;
      while (at < bytes.length && bytes[at] !== signs.quote) at += bytes[at] === signs.backslash ? 2 : 1;
      let after = at + 1;
      while (after < bytes.length && bytes[after]! <= 0x20) after++;
      const keys = open.at(-1);
      if (bytes[after] !== signs.colon || depth > maxDepth || keys === undefined) continue;
      const key = bytes.toString('latin1', start + 1, at);
      if (keys.has(key)) return { key, at: start };
      keys.add(key);
    }
  }
  return undefined;
}

function lineOf(bytes: Buffer, end: number): number {
  let line = 1;
  for (let at = bytes.indexOf(10); at !== -1 && at < end; at = bytes.indexOf(10, at + 1)) line++;
  return line;
}
