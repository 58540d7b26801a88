/** Opens the files of a dataset, in a folder, a zip archive or alone; `file-tree.ts` says what that gives. */
import { stat } from 'node:fs/promises';
import { basename } from 'node:path';
import { openPlainFile, streamPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { FileListing, FileTree } from './file-tree.js';
import { listFolder } from './folder-files.js';
import { outputNamesOf, outputRecordName } from './output-record.js';
import { readBytes } from './read-bytes.js';
import { listZip } from './zip-files.js';

/**
 * Opens a folder, a zip archive or a single file. Names that begin with a dot and what macOS and Windows leave behind
 * (`__MACOSX`, `Thumbs.db`) are ignored, and so are the outputs of `nucleate predict`. Links are listed as problems and never followed.
 *
 * @throws {NucleateError} Exit code 3: no such path, neither a folder nor a file, a damaged archive, or an archive with a
 *   name that leads out of it.
 */
export async function openFileTree(path: string): Promise<FileTree> {
  const kind = await kindOf(path);
  const listing = await list[kind](path);
  const outputs = await outputsIn(listing);
  const isLeftOut = (place: string) =>
    isClutter(place) ||
    outputs.some((output) => place === output || (output.endsWith('/') && place.startsWith(output)));
  const files = listing.files.filter((file) => !isLeftOut(file)).sort();
  const common = commonFolder(files);
  const folders = [...new Set([...listing.folders, ...listing.files.map(folderOf)])].filter(
    (folder) => folder.startsWith(common) && folder.length > common.length && !isLeftOut(`${folder}/`),
  );
  return {
    path,
    kind,
    files: files.map((file) => file.slice(common.length)),
    folders: folders.map((folder) => folder.slice(common.length)).sort(),
    problems: listing.problems,
    read: (file) => listing.read(common + file),
    stream: (file) => listing.stream(common + file),
    place: (file) => listing.place(common + file),
    close: () => listing.close(),
  };
}

/** Records of outputs, and what belongs to them: files, and folders with `/` at the end. */
async function outputsIn({ files, read }: FileListing): Promise<string[]> {
  const records = files.filter((file) => basename(file) === outputRecordName);
  const marked = records.map(async (record) => {
    const folder = record.slice(0, -outputRecordName.length);
    return outputNamesOf(await read(record)).flatMap((name) => [`${folder}${name}`, `${folder}${name}/`]);
  });
  return (await Promise.all(marked)).flat();
}

const listFile = (path: string): FileListing => ({
  files: [basename(path)],
  folders: [],
  problems: [],
  place: () => path,
  read: () => readBytes(path),
  stream: () => streamPlainFile(path),
  close: () => Promise.resolve(),
});

const list = { folder: listFolder, zip: listZip, file: listFile } as const;

/** `a/b` of `a/b/c`; empty for a file in the top folder. */
export const folderOf = (file: string): string => file.slice(0, Math.max(0, file.lastIndexOf('/')));

/** Whether a path leads through hidden files or what macOS and Windows leave behind. */
export const isClutter = (file: string): boolean =>
  file.split('/').some((name) => name.startsWith('.') || name === '__MACOSX' || name === 'Thumbs.db');

/** The longest `a/b/` that every path begins with; the paths are sorted. */
export function commonFolder(files: readonly string[]): string {
  // A prefix of the first and the last path is a prefix of all paths between them.
  const [first = '', last = ''] = [files[0], files.at(-1)];
  let end = 0;
  for (let at = 0; at < first.length && first[at] === last[at]; at++) if (first[at] === '/') end = at + 1;
  return first.slice(0, end);
}

async function kindOf(path: string): Promise<FileTree['kind']> {
  const error = (what: string, cause?: unknown) => {
    const hint = 'Give a folder, a zip archive or a prepared dataset.';
    return new NucleateError({ what, where: path, hint, exitCode: exitCodes.data }, { cause });
  };
  const info = await stat(path).catch((cause: NodeJS.ErrnoException) => {
    const isMissing = cause.code === 'ENOENT';
    const what = isMissing
      ? `There is no file or folder \`${path}\`.`
      : `The dataset cannot be read: ${cause.message}.`;
    throw error(what, cause);
  });
  if (info.isDirectory()) return 'folder';
  if (!info.isFile()) throw error('The dataset is neither a file nor a folder.');
  const file = await openPlainFile(path);
  try {
    const { buffer } = await file.read(Buffer.alloc(4), 0, 4, 0);
    // The first local file header, or the end record of an empty archive.
    return ['PK\x03\x04', 'PK\x05\x06'].includes(buffer.toString('latin1')) ? 'zip' : 'file';
  } finally {
    await file.close();
  }
}
