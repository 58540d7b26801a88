import { isDrawing, markedBytes } from '../../data/image/drawing-mark.js';
import { openPlainFile } from '../../plain-file.js';

/** What opening an image file tells: a drawing of nucleate is a result. */
export type Look = 'image' | 'result' | 'unreadable';

/** Opens a file, since access() asks for another user than the one who reads. */
export async function lookAt(file: string): Promise<Look> {
  try {
    const handle = await openPlainFile(file);
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(markedBytes), 0, markedBytes, 0);
      return isDrawing(buffer.subarray(0, bytesRead)) ? 'result' : 'image';
    } finally {
      await handle.close();
    }
  } catch {
    return 'unreadable';
  }
}
