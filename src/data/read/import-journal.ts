/** What an import has written so far, so that it goes on after a kill. */
import { createHash } from 'node:crypto';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { readPlainText } from '../../plain-file.js';

/** An image that was written, or left out since its pixels were there already. */
const NotedImage = z.object({
  /** Its id in its source. */
  source: z.string(),
  /** Its id in the new dataset; empty if it was left out. */
  id: z.string(),
  /** Its pixel hash, and that of its labels. */
  pixels: z.string(),
  labelsSha256: z.string(),
  nuclei: z.int(),
  overlapPixels: z.int(),
  lostNuclei: z.int(),
  missingValues: z.int(),
  withHoles: z.int(),
  inPieces: z.int(),
  specks: z.int(),
  leftOut: z.array(z.object({ what: z.string(), count: z.int() })),
  /** Cluster, annotator and tool. */
  row: z.array(z.string()),
});
export type NotedImage = z.output<typeof NotedImage>;

/** In the unfinished dataset; one JSON object a line, the first says what is imported. */
const journalFile = 'import.jsonl';

export class ImportJournal {
  readonly #key: string;
  #file = '';
  #noted: NotedImage[] = [];

  /** @param facts What is imported and how; another import does not go on with this one. */
  constructor(facts: unknown) {
    this.#key = createHash('sha256').update(JSON.stringify(facts)).digest('hex');
  }

  /** Whether a folder holds what a killed process has written of the same import. */
  async isOf(folder: string): Promise<boolean> {
    const text = await readPlainText(join(folder, journalFile)).catch(() => '');
    const [head = '', ...lines] = text.split('\n');
    if (head !== JSON.stringify({ import: this.#key })) return false;
    // The last line may be cut off.
    this.#noted = lines.slice(0, -1).flatMap((line) => parsed(line) ?? []);
    return true;
  }

  /** Begins, or goes on, in a folder. */
  async begin(folder: string): Promise<void> {
    this.#file = join(folder, journalFile);
    const lines = [{ import: this.#key }, ...this.#noted].map((line) => `${JSON.stringify(line)}\n`);
    await rm(this.#file, { force: true });
    await appendFile(this.#file, lines.join(''));
  }

  /** The next images that were written before, at most `count`. */
  next(count: number): readonly NotedImage[] {
    return this.#noted.splice(0, count);
  }

  /** Notes an image when its files are there. */
  async note(image: NotedImage): Promise<void> {
    await appendFile(this.#file, `${JSON.stringify(image)}\n`);
  }

  async remove(): Promise<void> {
    await rm(this.#file);
  }
}

function parsed(line: string): NotedImage | undefined {
  try {
    return NotedImage.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
