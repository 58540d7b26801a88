/**
 * Lets the process continue when the reader of its output is gone (`| head`, a closed terminal): a training goes on.
 * Any other failure of stdout, such as a full disk, is thrown. A failure of stderr is ignored: it cannot be printed.
 */
export function surviveClosedStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const readerLeft = error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY);
    if (!readerLeft) throw error;
  });
  process.stderr.on('error', () => {});
}

/** Waits until everything printed has left the process; `process.exit` would cut it off. */
export async function flushStreams(): Promise<void> {
  const flushed = [process.stdout, process.stderr].map(
    (stream) => new Promise((resolve) => stream.write('', resolve)),
  );
  await Promise.all(flushed);
}
