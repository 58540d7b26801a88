/** What the trainings from the page have brought, one line for each: `annotations/NAME.models/rounds.jsonl`. */
import { appendFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { exitCodes, NucleateError } from '../../../errors.js';
import { makeFolders } from '../../../make-folders.js';
import { readPlainTextSync } from '../../../plain-file.js';
import { writeError } from '../../../run/durable-files.js';
import type { TrainRound } from '../../protocol/messages.js';

const Round = z.strictObject({
  round: z.int().min(1),
  finished: z.string(),
  minutes: z.number(),
  clicks: z.number(),
  nuclei: z.number(),
  images: z.number(),
  before: z.number().nullable(),
  after: z.number().nullable(),
  // Absent in the first logs, whose models were all taken.
  isTaken: z.boolean().default(true),
  model: z.string(),
}) satisfies z.ZodType<TrainRound>;

/** The folders and files of the trainings of one annotator. */
export const trainingFiles = (annotations: string, annotator: string) => {
  const folder = path.join(annotations, `${annotator}.models`);
  return {
    folder,
    rounds: path.join(folder, 'rounds.jsonl'),
    /** @param attempt From 1. */
    ofAttempt: (attempt: number) => {
      const own = path.join(folder, String(attempt));
      return {
        folder: own,
        model: path.join(own, 'model'),
        run: path.join(own, 'run'),
        split: path.join(own, 'split.json'),
      };
    },
  };
};

/** @throws {NucleateError} Exit code 3 for a file with anything else in it. */
export function readRounds(file: string): TrainRound[] {
  let text: string;
  try {
    text = readPlainTextSync(file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
  try {
    return text
      .split('\n')
      .slice(0, -1)
      .map((line) => Round.parse(JSON.parse(line)));
  } catch (cause) {
    throw new NucleateError(
      {
        what: 'The list of trainings cannot be read.',
        where: file,
        hint: 'Bring it back from a copy, or move it away; the models stay.',
        exitCode: exitCodes.data,
      },
      { cause },
    );
  }
}

/** @throws {NucleateError} Exit code 8 if it cannot be written. */
export function appendRound(file: string, round: TrainRound): void {
  try {
    makeFolders(path.dirname(file));
    appendFileSync(file, `${JSON.stringify(round)}\n`, { flush: true });
  } catch (error) {
    throw writeError(error, file);
  }
}
