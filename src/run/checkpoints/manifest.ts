import { createHash } from 'node:crypto';
import { z } from 'zod';
import { TrainingHistory } from '../../config/history.js';
import { currentFormat, migrateConfig } from '../../config/migrations.js';
import { exitCodes, NucleateError } from '../../errors.js';
import { GitState } from '../git.js';

/** The tensors of a checkpoint, by file. */
export const tensorGroups = ['weights', 'ema', 'optimizer', 'statistics'] as const;

export type TensorGroup = (typeof tensorGroups)[number];

export const tensorFile = (group: TensorGroup) => `${group}.safetensors` as const;

export const stateFile = 'state.json';
export const manifestFile = 'manifest.json';

/** The files whose hashes a manifest holds; fixed names, so that it cannot point anywhere else. */
export const checkpointFiles = [...tensorGroups.map(tensorFile), stateFile] as const;

const File = z.strictObject({ bytes: z.int().min(0), sha256: z.hash('sha256') });

const Manifest = z.strictObject({
  /** Of the file; its config is always in today's keys once it is read. */
  format: z.int().min(1).max(currentFormat),
  step: z.int().min(0),
  /** Score of the validation at this step, higher is better; null if there was none. */
  score: z.number().nullable(),
  /** ISO 8601, UTC. */
  created: z.string(),
  /** The resolved config. */
  config: z.json(),
  /** SHA-256 of the dataset and its split. */
  dataset: z.string(),
  /** Of nucleate, tfjs, TensorFlow and Node. */
  versions: z.record(z.string(), z.string()),
  git: GitState.nullable(),
  /** Absent in checkpoints of nucleate 0.1. */
  history: TrainingHistory.optional(),
  files: z.record(z.enum(checkpointFiles), File),
});

/** What a checkpoint holds, and the hashes that show damage to its files. */
export type Manifest = z.output<typeof Manifest>;

/** A checkpoint differs from what was written. */
export class DamagedCheckpoint extends Error {
  override readonly name = 'DamagedCheckpoint';
}

/** The text of `manifest.json`: the manifest, and its hash to detect damage to it. */
export function manifestText(manifest: Omit<Manifest, 'format'>): string {
  return signed({ format: currentFormat, ...manifest });
}

function signed(manifest: unknown): string {
  const sha256 = createHash('sha256').update(JSON.stringify(manifest)).digest('hex');
  return `${JSON.stringify({ sha256, manifest }, null, 2)}\n`;
}

/**
 * @throws {DamagedCheckpoint} If a single character differs from what was written.
 * @throws {NucleateError} Exit code 6 if another version of nucleate wrote it, with a newer format or other fields.
 */
export function readManifest(text: string, where: string): Manifest {
  let manifest: unknown;
  try {
    ({ manifest = null } = JSON.parse(text) as { manifest?: unknown });
  } catch (cause) {
    throw new DamagedCheckpoint(`${manifestFile} is not JSON`, { cause });
  }
  if (signed(manifest) !== text) throw new DamagedCheckpoint(`${manifestFile} does not match its hash`);
  const found = (manifest as { format?: unknown } | null)?.format;
  const otherVersion = (what: string) =>
    new NucleateError({
      what,
      where,
      hint: 'Use the version of nucleate that wrote it; its manifest.json names it.',
      exitCode: exitCodes.checkpoint,
    });
  if (typeof found === 'number' && found > currentFormat) {
    throw otherVersion(
      `The checkpoint was made by a newer version of nucleate: it has the format ${found}, this one reads up to ${currentFormat}.`,
    );
  }
  const { data, error } = Manifest.safeParse(manifest);
  if (!data) {
    const faults = z.prettifyError(error).replaceAll(/\s+/gu, ' ');
    // The hash is right: another version wrote more.
    if (error.issues.every(({ code }) => code === 'unrecognized_keys'))
      throw otherVersion(`The checkpoint was made by another version of nucleate: ${faults}.`);
    throw new DamagedCheckpoint(`${manifestFile} is incomplete: ${faults}`);
  }
  return { ...data, config: z.json().parse(migrateConfig(data.config, data.format)) };
}
