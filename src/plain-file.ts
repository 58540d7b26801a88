/**
 * The only place that opens files that users name. A named pipe, a device, a socket or a folder where a file is expected is
 * an error at once: reading one may take forever, and blocks everything else while it does. A test keeps other reads away.
 */
import { closeSync, constants, fstatSync, openSync, readFileSync, type Stats, statSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { Readable } from 'node:stream';

/** The most that Node reads at once, 2 GiB. */
const maxReadBytes = 2 ** 31 - 1;

/** A path that is no plain file, or a file that is too large; like an error of the operating system. */
export class NotPlainFile extends Error implements NodeJS.ErrnoException {
  override readonly name = 'NotPlainFile';
  readonly syscall = 'open';
  readonly code: 'ENOTFILE' | 'ETOOLARGE';
  readonly path: string;
  /** bytes, of a file that is too large. */
  readonly size: number | undefined;

  constructor(code: 'ENOTFILE' | 'ETOOLARGE', message: string, path: string, size?: number) {
    super(message);
    this.code = code;
    this.path = path;
    this.size = size;
  }
}

// Without O_NONBLOCK, opening a named pipe waits for somebody to write to it.
const readOnly = constants.O_RDONLY | constants.O_NONBLOCK;

/**
 * Opens a plain file for reading; links are followed.
 *
 * @returns The caller closes it.
 * @throws {NotPlainFile} If it is something else, or has more bytes.
 * @throws {Error} Of the operating system, for example ENOENT.
 */
export async function openPlainFile(path: string, maxBytes = Infinity): Promise<FileHandle> {
  const handle = await open(path, readOnly);
  try {
    requirePlain(await handle.stat(), path, maxBytes);
    return handle;
  } catch (error) {
    await handle.close();
    throw error;
  }
}

/** The same, as a descriptor. */
function openPlainFileSync(path: string, maxBytes = Infinity): number {
  const descriptor = openSync(path, readOnly);
  try {
    requirePlain(fstatSync(descriptor), path, maxBytes);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/**
 * Opens a plain file for appending, and makes it if it is missing. Links are not followed.
 *
 * @returns A descriptor; the caller closes it.
 * @throws {NotPlainFile} If it is something else.
 * @throws {Error} Of the operating system, for example ELOOP for a link.
 */
export function openForAppendSync(path: string): number {
  const { O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
  const descriptor = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o666);
  try {
    requirePlain(fstatSync(descriptor), path, Infinity);
    return descriptor;
  } catch (error) {
    closeSync(descriptor);
    throw error;
  }
}

/** The bytes of a plain file piece by piece; what {@link openPlainFile} throws is an event of the stream. */
export const streamPlainFile = (path: string): Readable => Readable.from(pieces(path));

async function* pieces(path: string): AsyncGenerator<Buffer> {
  const handle = await openPlainFile(path);
  yield* handle.createReadStream() as AsyncIterable<Buffer>;
}

/** The bytes of a plain file; throws as {@link openPlainFile}. */
export async function readPlainFile(path: string, maxBytes = maxReadBytes): Promise<Buffer> {
  const handle = await openPlainFile(path, maxBytes);
  try {
    return await handle.readFile();
  } finally {
    await handle.close();
  }
}

/** The bytes of a plain file; throws as {@link openPlainFile}. */
export function readPlainFileSync(path: string, maxBytes = maxReadBytes): Buffer {
  const descriptor = openPlainFileSync(path, maxBytes);
  try {
    return readFileSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Far more than any text that nucleate writes or reads whole: configs, records, splits, manifests. */
const maxTextBytes = 256 * 2 ** 20;

/** The text of a plain file in UTF-8; throws as {@link openPlainFile}. */
export const readPlainText = async (path: string, maxBytes = maxTextBytes): Promise<string> =>
  (await readPlainFile(path, maxBytes)).toString('utf8');

/** The text of a plain file in UTF-8; throws as {@link openPlainFile}. */
export const readPlainTextSync = (path: string, maxBytes = maxTextBytes): string =>
  readPlainFileSync(path, maxBytes).toString('utf8');

/**
 * Rejects a path that cannot be written to without waiting. Plain files, devices such as `/dev/stdout`, and named pipes that
 * somebody reads are allowed, and so is a path where nothing is.
 *
 * @throws {NotPlainFile} For folders, sockets, and pipes that nobody reads.
 */
export function requireWritable(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (!found || found.isFile() || found.isCharacterDevice()) return;
  if (!found.isFIFO()) throw new NotPlainFile('ENOTFILE', `it is ${kindOf(found)}, not a file`, path);
  try {
    closeSync(openSync(path, constants.O_WRONLY | constants.O_NONBLOCK));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENXIO') throw cause;
    throw new NotPlainFile('ENOTFILE', 'it is a named pipe that nobody reads', path);
  }
}

function requirePlain(found: Stats, path: string, maxBytes: number): void {
  if (!found.isFile()) throw new NotPlainFile('ENOTFILE', `it is ${kindOf(found)}, not a plain file`, path);
  if (found.size <= maxBytes) return;
  const megabytes = (bytes: number) => `${(bytes / 1e6).toFixed(1)} MB`;
  throw new NotPlainFile(
    'ETOOLARGE',
    `it has ${megabytes(found.size)}, more than the ${megabytes(maxBytes)} that are read`,
    path,
    found.size,
  );
}

/** What something is that is neither a plain file nor a link, as `a named pipe`. */
export function kindOf(found: Pick<Stats, 'isDirectory' | 'isFIFO' | 'isSocket'>): string {
  if (found.isDirectory()) return 'a folder';
  if (found.isFIFO()) return 'a named pipe';
  if (found.isSocket()) return 'a socket';
  return 'a device';
}
