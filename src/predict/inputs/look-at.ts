import { isDrawing, markedBytes } from '../../data/image/drawing-mark.js';
import { openPlainFile } from '../../plain-file.js';

/** What opening an image file tells: a drawing of nucleate is a result. */
export type Look = 'image' | 'result' | 'unreadable';

/**
 * Opens a file, since access() asks for another user than the one who reads.
 *
 * @throws {Error} The system's, if too many files are open.
 */
export async function lookAt(file: string): Promise<Look> {
  try {
    const handle = await openPlainFile(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(markedBytes), 0, markedBytes, 0);
      return isDrawing(buffer.subarray(0, bytesRead)) ? 'result' : 'image';
    } finally {
      await handle.close();
    }
  } catch (error) {
    // Of the process, and not of the file, which would be left out as damaged.
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EMFILE' || code === 'ENFILE') throw error;
    return 'unreadable';
  }
}
