/** @param {number} bytes */
export const megabytes = (bytes) => `${(bytes / 1e6).toFixed(0)} MB`;

/** One plain line at most this often where standard error is no terminal, in ms. */
const plainLineEvery = 10_000;

/** Below this a transfer has not begun: pip first writes a few small files of its own. */
const startedBytes = 1e6;

/**
 * Reports how far a transfer is: one line that redraws itself on a terminal, a plain line now and then elsewhere.
 *
 * @param {string} label
 * @param {number} totalBytes
 * @returns {{ update: (doneBytes: number) => void, end: () => void }}
 */
export function transferProgress(label, totalBytes) {
  const started = Date.now();
  let lastPlain = started;
  return {
    update(doneBytes) {
      const seconds = (Date.now() - started) / 1000;
      const done = Math.min(doneBytes, totalBytes);
      const eta =
        done > startedBytes ? `${Math.ceil((seconds * (totalBytes - done)) / done)} s left` : 'starting';
      const line = `${label}: ${megabytes(done)} of ${megabytes(totalBytes)}, ${eta}`;
      if (process.stderr.isTTY) {
        process.stderr.write(`\r\x1b[K${line.slice(0, (process.stderr.columns || 80) - 1)}`);
      } else if (Date.now() - lastPlain >= plainLineEvery) {
        lastPlain = Date.now();
        process.stderr.write(`${line}\n`);
      }
    },
    end() {
      if (process.stderr.isTTY) process.stderr.write('\r\x1b[K');
      process.stderr.write(
        `${label}: ${megabytes(totalBytes)} in ${((Date.now() - started) / 1000).toFixed(0)} s\n`,
      );
    },
  };
}
