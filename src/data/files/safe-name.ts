import { createHash } from 'node:crypto';

/** What a file name may not hold on one of the usual systems: separators, wildcards, control and format characters. */
const forbidden = /[\\/:*?"<>|\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]/gu;

/** Devices of Windows, with whatever ending. */
const devices = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/iu;

/** Bytes: file systems allow 255, and an ending and a mark of what is not yet whole come after it. */
const longest = 160;

/**
 * A name for a file that any system takes and that leads nowhere: one part, without dots or blanks at its ends, in NFC.
 * A name that had to be changed gets a hash of the old one, so that two names never become one.
 *
 * @param name Any text, for example a path.
 */
export function safeName(name: string): string {
  let safe = name.normalize('NFC').replace(forbidden, '_');
  safe = safe.replace(/^[\s.~-]+|[\s.]+$/gu, (ends) => '_'.repeat(ends.length));
  if (devices.test(safe)) safe = `_${safe}`;
  while (Buffer.byteLength(safe) > longest) safe = [...safe].slice(0, -1).join('');
  if (safe === name && safe !== '') return safe;
  const hash = createHash('sha256').update(name).digest('hex').slice(0, 8);
  return safe === '' ? `_${hash}` : `${safe}-${hash}`;
}
