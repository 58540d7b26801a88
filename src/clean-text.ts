import { stripVTControlCharacters } from 'node:util';

/** Control characters, and the marks that change the direction of text. */
const invisible = /[\p{Cc}\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu;

/** `text` on one line without control sequences: file names may hold some, and a terminal would execute them. */
export function cleanLine(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\n\v\f\r]+/gu, ' ')
    .replace(invisible, '');
}

/** `text` with each line cleaned; line breaks and indentation stay. */
export function cleanLines(text: string): string {
  return stripVTControlCharacters(text)
    .split(/\r?\n/u)
    .map((line) => line.replaceAll('\t', '  ').replace(invisible, ''))
    .join('\n');
}

/** `value` as JSON, indented or on one line; also escapes the control characters that JSON allows. */
export function cleanJson(value: unknown, indent: 0 | 2 = 2): string {
  return JSON.stringify(value, null, indent).replace(
    /[\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/gu,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}
