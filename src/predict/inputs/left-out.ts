import path from 'node:path';

/** Why a file or folder is not predicted, and how the sentence counts such files: one, several. */
const reasons = {
  'other-kind': ['file of another kind', 'files of other kinds'],
  'label-image': ['label image', 'label images'],
  mask: ['file in a folder of masks', 'files in folders of masks'],
  annotation: ['folder of nucleate annotate', 'folders of nucleate annotate'],
  result: ['result of nucleate', 'results of nucleate'],
  hidden: ['hidden file or folder', 'hidden files and folders'],
  unreadable: ['unreadable', 'unreadable'],
  'name-not-utf-8': ['name that is not UTF-8: rename it', 'names that are not UTF-8: rename them'],
  'broken-link': ['broken link', 'broken links'],
  special: ['pipe, socket or device', 'pipes, sockets or devices'],
  repeated: ['link to what is here already', 'links to what is here already'],
} as const;

type Reason = keyof typeof reasons;

/** What is left out for one reason. */
export interface LeftOut {
  readonly why: Reason;
  readonly count: number;
  /** Of files of other kinds, the most frequent first; `''` for files without an ending. */
  readonly endings?: readonly string[];
  /** The first ones. */
  readonly files: readonly string[];
}

/** Files and endings that are named. */
const named = 20;

/** Names and endings that the sentence has room for. */
const namedInSentence = 5;

/** Counts what is left out. */
export class LeftOutTally {
  readonly #files = new Map<Reason, { count: number; files: string[] }>();
  readonly #endings = new Map<string, number>();

  /** @param count How many files `file` stands for, if it is a folder. */
  add(why: Reason, file: string, count = 1): void {
    const known = this.#files.get(why) ?? { count: 0, files: [] };
    this.#files.set(why, known);
    known.count += count;
    if (known.files.length < named) known.files.push(file);
    if (why !== 'other-kind') return;
    const ending = path.extname(file).toLowerCase();
    this.#endings.set(ending, (this.#endings.get(ending) ?? 0) + 1);
  }

  /** In the order of the reasons above; empty if nothing is left out. */
  list(): LeftOut[] {
    return (Object.keys(reasons) as Reason[]).flatMap((why) => {
      const found = this.#files.get(why);
      return found
        ? [{ why, ...found, ...(why === 'other-kind' && { endings: this.#frequentEndings() }) }]
        : [];
    });
  }

  #frequentEndings(): string[] {
    const sorted = [...this.#endings].sort(
      ([one, often], [other, oftener]) => oftener - often || (one < other ? -1 : 1),
    );
    return sorted.slice(0, named).map(([ending]) => ending);
  }
}

/** `left out: 7 files of other kinds (.czi, .nd2), 2 unreadable (a.png, b.png)`; empty if nothing is left out. */
export function leftOutLine(leftOut: readonly LeftOut[]): string {
  if (leftOut.length === 0) return '';
  const parts = leftOut.map(({ why, count, endings, files }) => {
    const [one, several] = reasons[why];
    const shown = endings?.map((ending) => ending || 'without ending') ?? files;
    const more = (endings ? shown.length : count) > namedInSentence ? ', ...' : '';
    const names = `${shown.slice(0, namedInSentence).join(', ')}${more}`;
    return `${count.toLocaleString('en')} ${count === 1 ? one : several} (${names})`;
  });
  return `left out: ${parts.join(', ')}`;
}
