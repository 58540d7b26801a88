import { read } from 'node:fs';
import { Readable } from 'node:stream';
import { crc32, inflateRawSync } from 'node:zlib';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { openPlainFile } from '../../plain-file.js';
import { maxFileBytes, tooLarge } from './read-bytes.js';
import { exitCodes, NucleateError, type Problem } from '../../errors.js';
import type { FileListing } from './file-tree.js';
import { notFollowed } from './folder-files.js';

/**
 * Lists every file of a zip archive. Contents are read file by file when they are asked for.
 *
 * @throws {NucleateError} Exit code 3 if the archive is damaged or has a name that leads out of it (`../x`, `/x`,
 *   `C:\x`).
 */
export async function listZip(path: string): Promise<FileListing> {
  const handle = await openPlainFile(path);
  try {
    const reader = new ArchiveReader(handle.fd);
    const { size } = await handle.stat();
    const zip = await yauzl.fromRandomAccessReaderPromise(reader, size, { autoClose: false });
    const { entries, folders, problems } = await listEntries(zip, path);
    reader.isListed = true;
    const readEntry = async (file: string) => {
      const entry = entries.get(file);
      if (!entry) throw new RangeError(`Expected a file of the archive, received ${file}`);
      const { fileDataStart } = await zip
        .readLocalFileHeaderPromise(entry, { minimal: true })
        .catch((cause: unknown) => {
          throw damaged(placeIn(path, file), cause);
        });
      if (entry.compressedSize > maxFileBytes) throw tooLarge(placeIn(path, file), entry.compressedSize);
      const packed = Buffer.allocUnsafe(entry.compressedSize);
      const { bytesRead } = await handle.read(packed, 0, packed.length, fileDataStart);
      return unpack(packed.subarray(0, bytesRead), entry, placeIn(path, file));
    };
    return {
      files: [...entries.keys()],
      folders,
      problems,
      place: (file) => placeIn(path, file),
      read: readEntry,
      stream: (file) => Readable.from(contentOf(() => readEntry(file))),
      close: () => handle.close(),
    };
  } catch (cause) {
    await handle.close();
    if (cause instanceof NucleateError) throw cause;
    throw unreadable(path, cause);
  }
}

/** Bytes; the list of an archive is two small reads for each of its files, many thousand in all. */
const blockBytes = 1 << 16;

/** Reads an archive for yauzl: its list in blocks, and later what is asked for alone. */
class ArchiveReader extends yauzl.RandomAccessReader {
  isListed = false;
  readonly #fd: number;
  readonly #block = { at: 0, bytes: Buffer.alloc(0) };

  constructor(fd: number) {
    super();
    this.#fd = fd;
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null, bytes?: number) => void,
  ): void {
    const block = this.#block;
    const copy = () => block.bytes.copy(buffer, offset, position - block.at, position - block.at + length);
    if (position >= block.at && position + length <= block.at + block.bytes.length) {
      process.nextTick(callback, null, copy());
      return;
    }
    if (this.isListed || length > blockBytes) {
      read(this.#fd, buffer, offset, length, position, callback);
      return;
    }
    read(this.#fd, Buffer.allocUnsafe(blockBytes), 0, blockBytes, position, (error, count, bytes) => {
      if (error) return callback(error);
      block.at = position;
      block.bytes = bytes.subarray(0, count);
      return callback(null, copy());
    });
  }
}

/** A file of an archive that is itself in memory. */
export interface ZippedFile {
  readonly name: string;
  readonly place: string;
  readonly bytes: Buffer;
}

/**
 * The files of an archive in memory, for archives of many small ones.
 *
 * @param path Of the archive, for messages.
 * @throws {NucleateError} Exit code 3 if the archive is damaged, unpacks to more than a file may have, or has a name that
 *   leads out of it.
 */
export async function readZip(bytes: Buffer, path: string): Promise<ZippedFile[]> {
  try {
    const zip = await yauzl.fromBufferPromise(bytes);
    const { entries, problems } = await listEntries(zip, path);
    const [problem] = problems;
    if (problem) throw new NucleateError({ hint: '', ...problem, exitCode: exitCodes.data });
    const files: ZippedFile[] = [];
    let unpacked = 0;
    for (const [name, entry] of entries) {
      const place = placeIn(path, name);
      unpacked += entry.uncompressedSize;
      if (unpacked > maxFileBytes) throw tooLarge(place, unpacked);
      const { fileDataStart } = await zip.readLocalFileHeaderPromise(entry, { minimal: true });
      const packed = bytes.subarray(fileDataStart, fileDataStart + entry.compressedSize);
      files.push({ name, place, bytes: unpack(packed, entry, place) });
    }
    return files;
  } catch (cause) {
    throw cause instanceof NucleateError ? cause : unreadable(path, cause);
  }
}

async function* contentOf(read: () => Promise<Buffer>) {
  yield await read();
}

function unreadable(where: string, cause: unknown): NucleateError {
  const what = `The zip archive cannot be read: ${(cause as Error).message.replace(/\.$/u, '')}.`;
  const hint = 'Download or create the archive again.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}

const placeIn = (path: string, file: string) => `${path}!/${file}`;

async function listEntries(zip: ZipFile, path: string) {
  const entries = new Map<string, Entry>();
  const folders: string[] = [];
  const problems: Problem[] = [];
  for await (const entry of zip.eachEntry()) {
    const name = entry.fileName;
    if (name.endsWith('/')) {
      folders.push(name.slice(0, -1));
      continue;
    }
    const what = entries.has(name) ? 'The archive has two files of this name.' : reasonToSkip(entry);
    if (what === undefined) entries.set(name, entry);
    else problems.push({ what, where: placeIn(path, name), hint: 'Create the archive again.' });
  }
  return { entries, folders, problems };
}

function reasonToSkip(entry: Entry): string | undefined {
  // The upper half holds the Unix mode; 0o120000 is a link.
  if (((entry.externalFileAttributes >>> 16) & 0o170000) === 0o120000) return notFollowed;
  if (entry.isEncrypted()) return 'The entry is encrypted.';
  if (entry.compressionMethod !== stored && entry.compressionMethod !== deflated) {
    return `The compression method ${entry.compressionMethod} is not supported.`;
  }
  return undefined;
}

// APPNOTE.TXT 4.4.5.
const stored = 0;
const deflated = 8;

/** The contents of an entry. Its size and checksum must be those of its header. */
function unpack(packed: Buffer, entry: Entry, place: string): Buffer {
  const size = entry.uncompressedSize;
  if (size > maxFileBytes) throw tooLarge(place, size);
  try {
    // Never unpacks more than the header says: a small entry may be a zip bomb.
    const bytes =
      entry.compressionMethod === stored ? packed : inflateRawSync(packed, { maxOutputLength: size + 1 });
    if (bytes.length === size && crc32(bytes) === entry.crc32) return bytes;
  } catch (cause) {
    throw damaged(place, cause);
  }
  throw damaged(place, 'size or checksum');
}

function damaged(where: string, cause: unknown): NucleateError {
  const what = 'The entry is damaged: its size or checksum is wrong.';
  const hint = 'Download or create the archive again.';
  return new NucleateError({ what, where, hint, exitCode: exitCodes.data }, { cause });
}
