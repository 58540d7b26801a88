/**
 * The record beside the outputs of `nucleate predict`: `predictions.jsonl`, one JSON object a line, which is only ever
 * appended to. It says what made each output, and marks the folders beside it as outputs, wherever they are moved.
 */
import type { FileHandle } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { openPlainFile } from '../../plain-file.js';
import { fileError } from './read-bytes.js';

export const outputRecordName = 'predictions.jsonl';

/** Beside the record: the settings of the last prediction, for people to read. */
export const outputSettingsName = 'settings.json';

/** A file in a folder beside the record, `labels/a.png`; nothing that leads elsewhere, since such files get replaced. */
const FilePath = z.string().regex(/^[a-z-]+\/(?!\.)[^/\\]+$/u);
const OutputFile = z.object({ file: FilePath, bytes: z.int(), sha256: z.string() });
export type OutputFile = z.output<typeof OutputFile>;

/** What results were made with. Lines of results name it by `settings`. */
const SettingsLine = z.object({
  nucleate: z.literal('predictions'),
  format: z.literal(1),
  settings: z.string(),
  /** The folders beside the record that hold outputs. */
  folders: z.array(z.string()),
  madeWith: z.object({
    /** Of nucleate. */
    version: z.string(),
    model: z.object({ name: z.string(), sha256: z.string() }),
    options: z.record(z.string(), z.unknown()),
  }),
});
export type SettingsLine = z.output<typeof SettingsLine>;
export type MadeWith = SettingsLine['madeWith'];

/** The outputs of one image, all written. */
const ResultLine = z.object({
  /** Of the outputs. */
  name: z.string(),
  /** Of the listed image, where that became several. */
  input: z.string().optional(),
  /** In its dataset. */
  id: z.string().optional(),
  /** The image, by its path from the record's folder, and its SHA-256. */
  image: z.object({ file: z.string(), sha256: z.string() }),
  settings: z.string(),
  nuclei: z.int(),
  outputs: z.array(OutputFile),
});
export type ResultLine = z.output<typeof ResultLine>;

/** Outputs of this name are about to be written; until its result follows, these files may be anything. */
const BegunLine = z.object({
  begun: z.string(),
  input: z.string().optional(),
  settings: z.string(),
  files: z.array(FilePath),
});
export type BegunLine = z.output<typeof BegunLine>;

/** The outputs of this name were removed. */
const RemovedLine = z.object({ removed: z.string() });

const RecordLine = z.union([ResultLine, BegunLine, RemovedLine, SettingsLine]);
export type RecordLine = z.output<typeof RecordLine>;

/** A line; undefined for one that is cut off, as after a crash, or that a newer version wrote. */
export function parseRecordLine(text: string): RecordLine | undefined {
  try {
    return RecordLine.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/** A line, and where it is in the file, bytes. */
export interface PlacedLine {
  readonly line: RecordLine;
  readonly at: number;
  readonly length: number;
}

/**
 * Reads a record line by line, in constant memory.
 *
 * @returns Nothing for a file that does not exist.
 * @throws {NucleateError} Exit code 3 if it cannot be read.
 */
export async function* readRecord(path: string): AsyncGenerator<PlacedLine, void, undefined> {
  const handle = await openRecord(path);
  if (!handle) return;
  let rest: Buffer = Buffer.alloc(0);
  let at = 0;
  for await (const chunk of handle.createReadStream() as AsyncIterable<Buffer>) {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    let start = 0;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, start)) {
      const line = parseRecordLine(rest.toString('utf8', start, end));
      if (line) yield { line, at: at + start, length: end - start };
      start = end + 1;
    }
    at += start;
    rest = rest.subarray(start);
  }
}

async function openRecord(path: string): Promise<FileHandle | undefined> {
  return openPlainFile(path).catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return undefined;
    throw fileError(path, `The record of the results cannot be read: ${cause.message}.`, cause);
  });
}

/** Bytes that hold the first settings of any record. */
const headBytes = 1 << 16;

/**
 * The names of what belongs to a record, by the bytes that it begins with: folders of outputs, itself and the settings.
 *
 * @returns None if it is no record.
 */
export function outputNamesOf(bytes: Buffer): string[] {
  const lines = bytes.toString('utf8', 0, headBytes).split('\n').map(parseRecordLine);
  const folders = lines.flatMap((line) => (line && 'folders' in line ? line.folders : []));
  return folders.length === 0 ? [] : [...folders, outputRecordName, outputSettingsName];
}

/** {@link outputNamesOf} the record in a folder; none if it has no record. */
export async function outputNamesIn(folder: string): Promise<string[]> {
  const handle = await openRecord(join(folder, outputRecordName));
  if (!handle) return [];
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return outputNamesOf(buffer.subarray(0, bytesRead));
  } finally {
    await handle.close();
  }
}

/** Whether a folder, named without links, holds outputs that a record beside it lists. */
export const isOutputFolder = async (real: string): Promise<boolean> =>
  (await outputNamesIn(dirname(real))).includes(basename(real));
