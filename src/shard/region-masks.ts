/**
 * The masks of one region of an image, in a file: lines of JSON, compressed with gzip. The first line says what they are of,
 * and each other one is a mask. Numbers are written so that they are read back to the bit.
 */
import { createHash } from 'node:crypto';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { AssembleSettings } from '../config/assemble.js';
import { exitCodes, NucleateError } from '../errors.js';
import { openPlainFile } from '../plain-file.js';
import type { CandidateMask } from '../predict/assemble/candidate-mask.js';
import { writeWhole } from '../predict/formats/write-file.js';

const sides = z.tuple([z.number(), z.number(), z.number(), z.number()]);

const Head = z.object({
  nucleate: z.literal('masks'),
  format: z.literal(1),
  image: z.object({ name: z.string(), sha256: z.string(), width: z.int(), height: z.int() }),
  region: z.object({ x: z.int(), y: z.int(), width: z.int(), height: z.int() }),
  /** What they were made with, as in the record of predictions. */
  settings: z.string(),
  /** How all regions together become nuclei. */
  assemble: AssembleSettings,
  /** px: of typical nuclei; absent for the scale of training. */
  diameter: z.number().optional(),
  masks: z.int().min(0),
});

const Line = z.object({
  detection: z.object({ box: sides, score: z.number() }),
  score: z.number(),
  box: sides,
  area: z.int(),
  values: z.base64(),
});

export type MasksHead = z.output<typeof Head>;

/** Masks that are compressed at a time. */
const portion = 256;

/**
 * Writes the masks of a region, whole or not at all.
 *
 * @throws {NucleateError} Exit code 8 if the file cannot be written.
 */
export function writeMasks(
  file: string,
  head: Omit<MasksHead, 'nucleate' | 'format' | 'masks'>,
  masks: readonly CandidateMask[],
): Promise<{ readonly bytes: number; readonly sha256: string }> {
  return writeWhole(file, compressed(head, masks));
}

function* compressed(
  head: Omit<MasksHead, 'nucleate' | 'format' | 'masks'>,
  masks: readonly CandidateMask[],
): Generator<Uint8Array> {
  const first = { nucleate: 'masks', format: 1, ...head, masks: masks.length };
  yield gzipSync(`${JSON.stringify(first)}\n`);
  for (let from = 0; from < masks.length; from += portion) {
    const lines = masks.slice(from, from + portion).map((mask) => `${JSON.stringify(lineOf(mask))}\n`);
    yield gzipSync(lines.join(''));
  }
}

const lineOf = ({ detection, score, box, area, values }: CandidateMask): z.input<typeof Line> => ({
  detection: { box: sidesOf(detection.box), score: detection.score },
  ...{ score, box: sidesOf(box), area, values: Buffer.from(values).toString('base64') },
});

const sidesOf = ({ x1, y1, x2, y2 }: CandidateMask['box']): z.input<typeof sides> => [x1, y1, x2, y2];
const boxOf = ([x1, y1, x2, y2]: z.output<typeof sides>) => ({ x1, y1, x2, y2 });

/** What a file of masks holds, and the SHA-256 of its bytes. */
export interface StoredMasks {
  readonly head: MasksHead;
  readonly masks: readonly CandidateMask[];
  readonly bytes: number;
  readonly sha256: string;
}

/**
 * Reads masks back.
 *
 * @returns Undefined if there is no such file.
 * @throws {NucleateError} Exit code 3 if it is damaged.
 */
export async function readMasks(file: string): Promise<StoredMasks | undefined> {
  const handle = await openPlainFile(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined;
    throw damaged(file, error);
  });
  if (!handle) return undefined;
  const hash = createHash('sha256');
  let bytes = 0;
  const counted = new Transform({
    transform(chunk: Buffer, _, done) {
      hash.update(chunk);
      bytes += chunk.length;
      done(null, chunk);
    },
  });
  let head: MasksHead | undefined;
  const masks: CandidateMask[] = [];
  try {
    await pipeline(
      handle.createReadStream(),
      counted,
      createGunzip(),
      async (unpacked: AsyncIterable<Buffer>) => {
        for await (const line of linesOf(unpacked)) {
          if (!head) head = Head.parse(JSON.parse(line));
          else masks.push(maskOfLine(Line.parse(JSON.parse(line))));
        }
      },
    );
    if (!head || masks.length !== head.masks) throw new Error('it ends early');
  } catch (cause) {
    throw damaged(file, cause as Error);
  }
  return { head, masks, bytes, sha256: hash.digest('hex') };
}

async function* linesOf(pieces: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let rest: Buffer = Buffer.alloc(0);
  for await (const piece of pieces) {
    rest = Buffer.concat([rest, piece]);
    let start = 0;
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10, start)) {
      yield rest.toString('utf8', start, end);
      start = end + 1;
    }
    rest = rest.subarray(start);
  }
}

function maskOfLine({ detection, score, box, area, values }: z.output<typeof Line>): CandidateMask {
  const pixels = new Uint8Array(Buffer.from(values, 'base64'));
  const [x1, y1, x2, y2] = box;
  if (pixels.length !== (x2 - x1) * (y2 - y1)) throw new Error('a mask has another size than its box');
  return {
    detection: { box: boxOf(detection.box), score: detection.score },
    ...{ score, area, box: boxOf(box), values: pixels },
  };
}

const damaged = (where: string, cause: Error) =>
  new NucleateError(
    {
      what: `The masks of a region cannot be read: ${cause.message}.`,
      where,
      hint: 'Delete the file and run its shard again.',
      exitCode: exitCodes.data,
    },
    { cause },
  );
