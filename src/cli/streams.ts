/**
 * Keeps a reader that went away (`| head`, a closed terminal) from ending the process: a training goes on without it.
 * Any other failure of stdout, such as a full disk, is thrown; of stderr there is nobody left to tell.
 */
export function surviveClosedStreams(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    const readerLeft = error.code === 'EPIPE' || (error.code === 'EIO' && process.stdout.isTTY);
    if (!readerLeft) throw error;
  });
  process.stderr.on('error', () => {});
}

/** Waits until all that was printed has left the process, which `process.exit` would cut off. */
export async function flushStreams(): Promise<void> {
  const flushed = [process.stdout, process.stderr].map(
    (stream) => new Promise((resolve) => stream.write('', resolve)),
  );
  await Promise.all(flushed);
}
