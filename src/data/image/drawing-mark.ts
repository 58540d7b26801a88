/** Marks drawings of images in their PNG files, so that they are not taken for images to predict. */
import { crc32 } from 'node:zlib';

/** Bytes before the mark: the signature of PNG and its first chunk, IHDR. */
const at = 33;

/** A chunk of text: its keyword, 0, and the text. Source: PNG third edition, 11.3.3.2. */
const content = Buffer.from('tEXtSoftware\0nucleate drawing', 'latin1');

/** Bytes from the beginning of a file that {@link isDrawing} looks at. */
export const markedBytes = at + 4 + content.length;

/** The same PNG with the mark. */
export function markDrawing(png: Buffer): Buffer {
  const chunk = Buffer.alloc(8 + content.length);
  // Four letters of the chunk's type do not count.
  chunk.writeUInt32BE(content.length - 4);
  content.copy(chunk, 4);
  chunk.writeUInt32BE(crc32(content), 4 + content.length);
  return Buffer.concat([png.subarray(0, at), chunk, png.subarray(at)]);
}

/** @param begin The first {@link markedBytes} of a file, of any format; or fewer. */
export const isDrawing = (begin: Buffer): boolean => begin.subarray(at + 4, markedBytes).equals(content);
