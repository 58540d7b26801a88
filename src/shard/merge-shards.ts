import path from 'node:path';
import { rm } from 'node:fs/promises';
import {
  outputRecordName,
  outputSettingsName,
  readRecord,
  type ResultLine,
  type SettingsLine,
} from '../data/files/output-record.js';
import { exitCodes, NucleateError } from '../errors.js';
import { csvLines } from '../predict/formats/csv-lines.js';
import { type OutputFormat, outputFormatNames } from '../predict/formats/output-formats.js';
import { writeWhole } from '../predict/formats/write-file.js';
import { rejectUnrecorded } from '../predict/outputs/reject-mixture.js';
import { mergeRegions } from './merge-regions.js';
import { placeOutput } from './place-output.js';
import { fromPlan, type PlannedImage, type StoredPlan } from './plan.js';
import { type FailedImage, readDone, shardFolder, type ShardDone } from './shard-folder.js';

const manifestName = 'manifest.json';
const failuresName = 'failures.csv';

export interface MergeOptions {
  /** The folder of all shards; results go into it. */
  readonly out: string;
  /** Called after each image with the number of images done. */
  readonly onImage?: (done: number) => void;
}

/** A planned image without results. */
export interface MissingImage extends FailedImage {
  /** Whether another run of its shard may change that. */
  readonly again: boolean;
}

export interface MergedShards {
  /** Images with results. */
  readonly images: number;
  readonly nuclei: number;
  readonly missing: readonly MissingImage[];
  /** Shards that have not ended. */
  readonly unfinished: readonly number[];
  /** More than one if shards computed on different devices, whose masks differ by pixels. */
  readonly devices: readonly string[];
  readonly manifest: string;
  readonly failures: string;
}

/**
 * Puts the results of all shards together: in `out` lie then the results as of one prediction, with their record;
 * `manifest.json` names every planned image exactly once, with the hashes of its results, or why it has none; `failures.csv` lists
 * those without. Results are links to the files of the shards where the file system allows that. The files are the same,
 * to the byte, for any number of shards.
 *
 * @throws {NucleateError} Exit code 2 for shards with different settings, or if `out` has results of something else; 3 if a
 *   result was changed or is damaged; 8 if something cannot be written.
 */
export async function mergeShards(
  plan: StoredPlan,
  { out, onImage = () => {} }: MergeOptions,
): Promise<MergedShards> {
  const ended = new Map<number, ShardDone>();
  for (let shard = 0; shard < plan.shards; shard++) {
    const done = await readDone(out, shard, plan.sha256);
    if (done) ended.set(shard, done);
  }
  const [first] = ended.values();
  requireSameSettings([...ended.values()]);
  const used = new Set(plan.images.flatMap(shardsOf));
  const unfinished = [...used].filter((shard) => !ended.has(shard)).sort((one, other) => one - other);
  const earlier = await earlierOutputs(out, first?.formats ?? []);
  const results = await resultsOf(out, ended);
  const lines: ResultLine[] = [];
  const entries: object[] = [];
  const missing: MissingImage[] = [];
  for (const [index, image] of plan.images.entries()) {
    const found = await resultOf(image, { plan, out, ended, results });
    const { name, id, file, sha256 } = image;
    const facts = { name, ...(id !== undefined && { id }), file: fromOut(out, fromPlan(plan, file)), sha256 };
    if ('failed' in found) {
      missing.push(found.failed);
      const { again, what, where, hint } = found.failed;
      entries.push({ ...facts, failed: { what, where, hint, again } });
    } else {
      const moved = found.lines.map((line) => ({ ...line, image: { ...line.image, file: facts.file } }));
      lines.push(...moved);
      entries.push({
        ...facts,
        results: moved.map(({ name, nuclei, outputs }) => ({ name, nuclei, outputs })),
      });
    }
    onImage(index + 1);
  }
  requireOneNameEach(lines);
  const manifest = path.join(out, manifestName);
  const failures = path.join(out, failuresName);
  const nuclei = lines.reduce((sum, line) => sum + line.nuclei, 0);
  if (first) {
    const head: SettingsLine = {
      ...{ nucleate: 'predictions', format: 1, settings: first.settings },
      ...{ folders: [...outputFormatNames], madeWith: first.madeWith },
    };
    await writeWhole(
      path.join(out, outputRecordName),
      [head, ...lines].map((line) => `${JSON.stringify(line)}\n`),
    );
    await writeWhole(path.join(out, outputSettingsName), [`${JSON.stringify(first.used, null, 2)}\n`]);
  }
  const kept = new Set(lines.flatMap(({ outputs }) => outputs.map(({ file }) => file)));
  for (const file of earlier) if (!kept.has(file)) await rm(path.join(out, file), { force: true });
  await writeWhole(
    failures,
    csvLines([
      ['image', 'again', 'what', 'where', 'hint'],
      ...missing.map(({ name, again, what, where = '', hint = '' }) => [
        name,
        again ? 'yes' : 'no',
        what,
        where,
        hint,
      ]),
    ]),
  );
  // Last, since it says that all is there.
  const whole = {
    ...{ nucleate: 'manifest', format: 1, madeWith: first?.madeWith ?? null, formats: first?.formats ?? [] },
    ...{ planned: plan.images.length, predicted: plan.images.length - missing.length, nuclei },
    images: entries,
  };
  await writeWhole(manifest, [`${JSON.stringify(whole, null, 1)}\n`]);
  const devices = [...new Set([...ended.values()].map(({ device }) => device))].sort();
  return {
    ...{
      images: plan.images.length - missing.length,
      nuclei,
      missing,
      unfinished,
      devices,
      manifest,
      failures,
    },
  };
}

interface Shards {
  readonly plan: StoredPlan;
  readonly out: string;
  readonly ended: ReadonlyMap<number, ShardDone>;
  /** By shard and name of the image. */
  readonly results: ReadonlyMap<string, readonly ResultLine[]>;
}

const keyOf = (shard: number, name: string) => `${shard} ${name}`;

/** The results of one planned image, placed in `out`; or why there are none. */
async function resultOf(
  image: PlannedImage,
  { plan, out, ended, results }: Shards,
): Promise<{ readonly lines: readonly ResultLine[] } | { readonly failed: MissingImage }> {
  const { name } = image;
  const shards = shardsOf(image);
  for (const shard of shards) {
    const failure = ended.get(shard)?.failed.find((one) => one.name === name);
    if (failure) return { failed: { ...failure, again: false } };
  }
  const left = shards.filter((shard) => !ended.has(shard));
  if (left.length > 0) {
    const what = `Shard ${left.join(', ')} has not ended.`;
    return { failed: { name, what, hint: 'Run it again.', again: true } };
  }
  if (image.cut) return { lines: [await mergeRegions(image, { plan, out, ended })] };
  const shard = image.shard!;
  const lines = results.get(keyOf(shard, name)) ?? [];
  if (lines.length === 0) {
    const what = `Shard ${shard} has ended, and its record does not tell of the image.`;
    return { failed: { name, what, hint: 'Run it again.', again: true } };
  }
  for (const { outputs } of lines)
    for (const output of outputs) await placeOutput(shardFolder(out, shard), out, output);
  return { lines };
}

/** What the records of the shards tell of their images: for each, the last results with the settings of the shard. */
async function resultsOf(out: string, ended: ReadonlyMap<number, ShardDone>) {
  const results = new Map<string, ResultLine[]>();
  for (const [shard, { settings, formats }] of ended) {
    const last = new Map<string, ResultLine>();
    for await (const { line } of readRecord(path.join(shardFolder(out, shard), outputRecordName))) {
      if ('removed' in line) last.delete(line.removed);
      else if ('begun' in line) last.delete(line.begun);
      else if ('image' in line) last.set(line.name, line);
    }
    for (const line of last.values()) {
      if (line.settings !== settings) continue;
      // Earlier runs may have written further formats.
      const outputs = formats.flatMap(
        (format) => line.outputs.find(({ file }) => path.posix.dirname(file) === format) ?? [],
      );
      if (outputs.length !== formats.length) continue;
      const key = keyOf(shard, line.input ?? line.name);
      results.set(key, [...(results.get(key) ?? []), { ...line, outputs }]);
    }
  }
  for (const lines of results.values()) lines.sort((one, other) => (one.name < other.name ? -1 : 1));
  return results;
}

const shardsOf = ({ shard, cut }: PlannedImage): number[] =>
  cut ? [...new Set(cut.regions.map((region) => region.shard))] : [shard!];

const fromOut = (out: string, file: string) => path.relative(out, file).split(path.sep).join('/');

/** @throws {NucleateError} Exit code 2 unless all shards were predicted with the same model, options and formats. */
function requireSameSettings(ended: readonly ShardDone[]): void {
  const [first] = ended;
  const other = ended.find(
    ({ settings, formats }) =>
      settings !== first!.settings || JSON.stringify(formats) !== JSON.stringify(first!.formats),
  );
  if (!other) return;
  throw new NucleateError({
    what: `The shards ${first!.shard} and ${other.shard} were predicted with different models, options or formats.`,
    hint: 'Run all shards of a plan with the same options; what fits already is not made again.',
    exitCode: exitCodes.usage,
  });
}

/** @throws {NucleateError} Exit code 2 if results of two images have the same name, as far as file systems can tell. */
function requireOneNameEach(lines: readonly ResultLine[]): void {
  const seen = new Set<string>();
  for (const { name, image } of lines) {
    if (!seen.has(name.toLowerCase())) seen.add(name.toLowerCase());
    else
      throw new NucleateError({
        what: `The results of two images are called ${name}.`,
        where: image.file,
        hint: 'Rename one of the images and plan again.',
        exitCode: exitCodes.usage,
      });
  }
}

/**
 * The files of an earlier merge.
 *
 * @throws {NucleateError} Exit code 2 if the folder has results of something else.
 */
async function earlierOutputs(out: string, formats: readonly OutputFormat[]): Promise<string[]> {
  const files: string[] = [];
  let isRecorded = false;
  for await (const { line } of readRecord(path.join(out, outputRecordName))) {
    isRecorded = true;
    // A merged record has none; that of a prediction has one before each result.
    if ('begun' in line) {
      throw new NucleateError({
        what: 'The folder has results that `nucleate predict` wrote on its own.',
        where: out,
        hint: 'Give another --out to the shards and to the merge.',
        exitCode: exitCodes.usage,
      });
    }
    if ('image' in line) files.push(...line.outputs.map(({ file }) => file));
  }
  if (!isRecorded) await rejectUnrecorded(out, formats);
  return files;
}
