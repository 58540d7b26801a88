import fc from 'fast-check';

/** One change of a file; `at` and `to` are places from 0 (the start) to 1 (the end). */
export type Edit =
  | { readonly kind: 'set'; readonly at: number; readonly value: number }
  | { readonly kind: 'number'; readonly at: number; readonly value: number; readonly isBig: boolean }
  | { readonly kind: 'insert'; readonly at: number; readonly text: string }
  | { readonly kind: 'remove' | 'repeat'; readonly at: number; readonly to: number }
  | { readonly kind: 'cut'; readonly at: number };

// Not `fc.double`, nearly all of whose values are too close to 0 to be anywhere but in the first byte.
const place = fc.nat(2 ** 20 - 1).map((value) => value / 2 ** 20);

/** What people, programs and attackers write where a value is expected. */
const texts = [
  ...[
    '',
    ' ',
    '\n',
    '\r\n',
    '\0',
    '\ufeff',
    '"',
    "'",
    ',',
    ';',
    ':',
    '{',
    '}',
    '[',
    ']',
    '-',
    '&a',
    '*a',
    '!!js/function',
  ],
  ...[
    'NaN',
    '-1',
    '0',
    '1e999',
    '-0',
    '1.5',
    '4294967296',
    '9007199254740993',
    '99999999999999999999',
    'null',
    'true',
  ],
  ...[
    '__proto__',
    'constructor',
    '../../etc/passwd',
    'C:\\x',
    '=1+1',
    '\u001b[31m',
    '<script>',
    'é',
    '\u{1f52c}',
    '{"a":',
    '1 2 3',
  ],
];

/** Sizes and offsets at which readers have gone wrong. */
const numbers = [
  0,
  1,
  2,
  7,
  127,
  128,
  255,
  256,
  32767,
  32768,
  65535,
  65536,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32 - 2,
  2 ** 32 - 1,
];

/** Zero to six changes of a file. */
export const edits: fc.Arbitrary<readonly Edit[]> = fc.array(
  fc.oneof(
    fc.record({ kind: fc.constant('set' as const), at: place, value: fc.nat(255) }),
    fc.record({
      ...{ kind: fc.constant('number' as const), at: place, value: fc.constantFrom(...numbers) },
      isBig: fc.boolean(),
    }),
    fc.record({ kind: fc.constant('insert' as const), at: place, text: fc.constantFrom(...texts) }),
    fc.record({ kind: fc.constantFrom('remove' as const, 'repeat' as const), at: place, to: place }),
    fc.record({ kind: fc.constant('cut' as const), at: place }),
  ),
  { maxLength: 6 },
);

/** The file with the changes made one after the other. */
export const mutated = (file: Uint8Array, changes: readonly Edit[]): Buffer =>
  changes.reduce<Buffer>((bytes, edit) => changed(bytes, edit), Buffer.from(file));

function changed(bytes: Buffer, edit: Edit): Buffer {
  const at = Math.floor(edit.at * bytes.length);
  switch (edit.kind) {
    case 'set': {
      const copy = Buffer.from(bytes);
      if (at < copy.length) copy[at] = edit.value;
      return copy;
    }
    case 'number': {
      const copy = Buffer.from(bytes);
      if (at + 4 > copy.length) return copy;
      if (edit.isBig) copy.writeUInt32BE(edit.value, at);
      else copy.writeUInt32LE(edit.value, at);
      return copy;
    }
    case 'insert':
      return Buffer.concat([bytes.subarray(0, at), Buffer.from(edit.text), bytes.subarray(at)]);
    case 'remove':
    case 'repeat': {
      const to = Math.floor(edit.to * bytes.length);
      const [from, end] = [Math.min(at, to), Math.max(at, to)];
      const piece =
        edit.kind === 'repeat' ? bytes.subarray(from, Math.min(end, from + 4096)) : Buffer.alloc(0);
      return edit.kind === 'repeat'
        ? Buffer.concat([bytes.subarray(0, end), piece, bytes.subarray(end)])
        : Buffer.concat([bytes.subarray(0, from), bytes.subarray(end)]);
    }
    case 'cut':
      return bytes.subarray(0, at);
  }
}
