import { createHash } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import path from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type MadeWith,
  type OutputFile,
  outputRecordName,
  readRecord,
  type RecordLine,
  type ResultLine,
} from '../../data/files/output-record.js';
import { openPlainFile } from '../../plain-file.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { type OutputFormat, outputFormatNames } from '../formats/output-formats.js';
import { safeName } from '../../data/files/safe-name.js';
import { RecordFile } from './record-file.js';
import { rejectFile, rejectMixture, rejectUnrecorded } from './reject-mixture.js';

/** An image whose outputs are asked for. */
export interface WantedOutputs {
  /** Of the outputs. */
  readonly name: string;
  /** The name of the listed image; `name` is another where that becomes several images. */
  readonly input: string;
  /** In its dataset. */
  readonly id?: string | undefined;
  /** The image's path, and its SHA-256. */
  readonly file: string;
  readonly sha256: string;
}

/** Why outputs that are there are made again. */
export type StaleReason = 'settings' | 'image' | 'missing' | 'unfinished';

/** Where the record tells of a name. */
interface Entry {
  readonly input: string;
  /** Bytes; absent for a result of this run. */
  readonly line?: { readonly at: number; readonly length: number };
}

/**
 * A folder of outputs and its record, which is read when the folder is opened, and appended to. A result is recorded when
 * its files are on the disk, so that the process may be killed at any time.
 */
export class OutputFolder {
  readonly #folder: string;
  readonly #record: RecordFile;
  readonly #formats: readonly OutputFormat[];
  readonly #settings: string;
  readonly #entries: Map<string, Entry>;
  /** The names that listed images became, where those are others. */
  readonly #parts = new Map<string, string[]>();
  /** The names whose results may not be replaced. */
  readonly #refused = new Set<string>();

  private constructor(
    folder: string,
    record: RecordFile,
    {
      formats,
      settings,
      entries,
    }: { formats: readonly OutputFormat[]; settings: string; entries: Map<string, Entry> },
  ) {
    this.#folder = folder;
    this.#record = record;
    this.#formats = formats;
    this.#settings = settings;
    this.#entries = entries;
    for (const [name, { input }] of entries) {
      if (name !== input) this.#parts.set(input, [...(this.#parts.get(input) ?? []), name]);
    }
  }

  /**
   * Opens a folder, or makes it.
   *
   * @param inputs The names of all listed images.
   * @returns The caller closes it.
   * @throws {NucleateError} Exit code 2 if it is a file, or the folder would end as a mixture: it has files that no record tells of, or
   *   results with other settings of images that are not listed. Exit code 8 if it cannot be written.
   */
  static async open(
    folder: string,
    {
      madeWith,
      formats,
      inputs,
    }: { madeWith: MadeWith; formats: readonly OutputFormat[]; inputs: ReadonlySet<string> },
  ): Promise<OutputFolder> {
    await rejectFile(folder);
    const place = path.join(folder, outputRecordName);
    const settings = settingsId(madeWith);
    const entries = new Map<string, Entry>();
    const settingsOf = new Map<string, string>();
    const known = new Map<string, MadeWith>();
    for await (const { line, ...where } of readRecord(place)) {
      if ('madeWith' in line) known.set(line.settings, line.madeWith);
      else if ('removed' in line) entries.delete(line.removed);
      else {
        const name = 'begun' in line ? line.begun : line.name;
        entries.set(name, { input: line.input ?? name, line: where });
        settingsOf.set(name, line.settings);
      }
    }
    if (known.size === 0) await rejectUnrecorded(folder, formats);
    const staying = [...entries].flatMap(([name, { input }]) =>
      settingsOf.get(name) === settings || inputs.has(input)
        ? []
        : [{ name, settings: settingsOf.get(name)! }],
    );
    rejectMixture(folder, madeWith, { staying, known });
    const record = await RecordFile.open(place);
    if (!known.has(settings)) {
      const folders = [...outputFormatNames];
      await record.append({ nucleate: 'predictions', format: 1, settings, folders, madeWith });
    }
    return new OutputFolder(folder, record, { formats, settings, entries });
  }

  /**
   * What is there of an image.
   *
   * @returns `none`; `done` if all outputs are there, made with these settings of this image; else why to make them again.
   * @throws {NucleateError} Exit code 3 if a file would be lost: a result was changed, or is that of another image.
   */
  async stateOf(wanted: WantedOutputs): Promise<'none' | 'done' | StaleReason> {
    const { line } = this.#entries.get(wanted.name) ?? {};
    if (!line) return 'none';
    const result = await this.#record.lineAt(line.at, line.length);
    if (!result || !('name' in result)) return 'unfinished';
    const { file, sha256 } = result.image;
    if (sha256 !== wanted.sha256 && file !== this.#fromHere(wanted.file)) {
      this.#refused.add(wanted.name);
      throw ofAnotherImage(wanted, file);
    }
    const whole = await this.#wholeFormats(wanted.name, result);
    if (result.settings !== this.#settings) return 'settings';
    if (sha256 !== wanted.sha256) return 'image';
    return this.#formats.every((format) => whole.has(format)) ? 'done' : 'missing';
  }

  /**
   * Replaces what is there of an image. Outputs in other formats stay if they are there and were made with the same
   * settings of the same image.
   *
   * @param write Writes a file for each format.
   * @returns What it has written.
   * @throws {NucleateError} Exit code 8 if a file cannot be written.
   */
  async replace(
    wanted: WantedOutputs,
    nuclei: number,
    write: () => Promise<OutputFile[]>,
  ): Promise<OutputFile[]> {
    const { name, input, id, file, sha256 } = wanted;
    const earlier = await this.#begin(name, input);
    const isSame =
      earlier && 'name' in earlier && earlier.settings === this.#settings && earlier.image.sha256 === sha256;
    if (!isSame) await this.#removeFiles(earlier);
    const written = await write();
    const formats = new Set(written.map((output) => path.dirname(output.file)));
    const kept: OutputFile[] = [];
    for (const output of isSame ? earlier.outputs : []) {
      if (formats.has(path.dirname(output.file))) continue;
      if ((await this.#stateOfFile(output)) === 'whole') kept.push(output);
    }
    await this.#record.append({
      ...{ name, id, image: { file: this.#fromHere(file), sha256 }, settings: this.#settings, nuclei },
      ...{ outputs: [...written, ...kept] },
      ...(input !== name && { input }),
    });
    this.#entries.set(name, { input });
    return written;
  }

  /**
   * Removes what is there of a listed image from other settings or another state of the image, and was not replaced: the
   * image can no longer be predicted, or has become other ones.
   *
   * @param sha256 Of the image; undefined if it cannot be read: then results with these settings stay.
   * @throws {NucleateError} Exit code 3 if a file was changed; not again, if {@link stateOf} has thrown.
   */
  async removeStale(input: string, sha256: string | undefined): Promise<void> {
    for (const name of [input, ...(this.#parts.get(input) ?? [])]) {
      const { line } = this.#entries.get(name) ?? {};
      if (!line || this.#refused.has(name)) continue;
      const result = await this.#record.lineAt(line.at, line.length);
      if (result && 'name' in result) {
        const isSame = sha256 === undefined || result.image.sha256 === sha256;
        if (isSame && result.settings === this.#settings) continue;
        await this.#wholeFormats(name, result);
      }
      await this.#removeFiles(await this.#begin(name, input));
      await this.#record.append({ removed: name });
      this.#entries.delete(name);
    }
  }

  close(): Promise<void> {
    return this.#record.close();
  }

  /** Records that the outputs of a name are about to change. Returns what the record has told of them. */
  async #begin(name: string, input: string): Promise<RecordLine | undefined> {
    const { line } = this.#entries.get(name) ?? {};
    const earlier = line && (await this.#record.lineAt(line.at, line.length));
    const files = filesOf(earlier);
    await this.#record.append({
      ...{ begun: name, settings: this.#settings, files },
      ...(input !== name && { input }),
    });
    if (earlier && 'begun' in earlier) await this.#removeUnfinished(name);
    return earlier;
  }

  async #removeFiles(line: RecordLine | undefined): Promise<void> {
    for (const file of filesOf(line)) await rm(path.join(this.#folder, file), { force: true });
  }

  /** Removes what a process has written before it was killed. */
  async #removeUnfinished(name: string): Promise<void> {
    const safe = safeName(name);
    for (const format of outputFormatNames) {
      const folder = path.join(this.#folder, format);
      for (const file of await readdir(folder).catch(() => [])) {
        const isPart = file.startsWith(`.${safe}.`) && file.endsWith('.part');
        if (isPart || path.parse(file).name === safe) await rm(path.join(folder, file), { force: true });
      }
    }
  }

  async #stateOfFile({ file, bytes, sha256 }: OutputFile): Promise<'whole' | 'missing' | 'changed'> {
    const place = path.join(this.#folder, file);
    const facts = await stat(place).catch(() => undefined);
    if (!facts) return 'missing';
    if (!facts.isFile() || facts.size !== bytes) return 'changed';
    const hash = createHash('sha256');
    await pipeline((await openPlainFile(place)).createReadStream(), hash);
    return hash.digest('hex') === sha256 ? 'whole' : 'changed';
  }

  /**
   * The formats of a result whose files are there.
   *
   * @throws {NucleateError} Exit code 3 if one was changed.
   */
  async #wholeFormats(name: string, { outputs }: ResultLine): Promise<Set<string>> {
    const whole = new Set<string>();
    for (const output of outputs) {
      const state = await this.#stateOfFile(output);
      if (state === 'changed') {
        this.#refused.add(name);
        throw changedOutput(path.join(this.#folder, output.file));
      }
      if (state === 'whole') whole.add(path.dirname(output.file));
    }
    return whole;
  }

  /** A path from the record's folder, so that both may be moved together. */
  #fromHere(file: string): string {
    return path.relative(this.#folder, file).split(path.sep).join('/');
  }
}

/** The files that a line tells of. */
function filesOf(line: RecordLine | undefined): string[] {
  if (line && 'outputs' in line) return line.outputs.map(({ file }) => file);
  return line && 'files' in line ? line.files : [];
}

/** Equal for results that fit together, whatever the model is called. */
export function settingsId({ version, model, options }: MadeWith): string {
  const sorted = Object.entries(options).sort(([one], [other]) => (one < other ? -1 : 1));
  const text = JSON.stringify([version, model.sha256, sorted]);
  return createHash('sha256').update(text).digest('hex').slice(0, 16);
}

const dataError = (what: string, where: string, hint: string) =>
  new NucleateError({ what, where, hint, exitCode: exitCodes.data });

const ofAnotherImage = ({ name, file }: WantedOutputs, other: ResultLine['image']['file']) =>
  dataError(
    `The results called ${name} are of another image, ${other}, and are not replaced.`,
    file,
    'Give another --out, or name both images at once, so that they get names of their own.',
  );

const changedOutput = (place: string) =>
  dataError(
    'The result is not as nucleate wrote it, and is not replaced.',
    place,
    'Move it away to have it made again, or give another --out.',
  );
