/**
 * Datasets that were made with `nucleate annotate`: images, and `annotations/NAME/IMAGE.jsonl` with what NAME did on each. An
 * image belongs to the dataset once a region of it is reviewed.
 */
import { createHash } from 'node:crypto';
import { acceptedLabels, unreviewedPixels } from '../../annotate/protocol/accepted.js';
import { readLog, replay } from '../../annotate/protocol/log.js';
import type { Problem } from '../../errors.js';
import { exitCodes, NucleateError } from '../../errors.js';
import type { FileTree } from '../files/file-tree.js';
import { masksOfLabels } from '../geometry/mask.js';
import { readImage } from '../image/image-io.js';
import {
  annotationsMarker,
  annotationsName,
  annotatorPattern,
  damagedLog,
  logEnding,
} from './annotations-folder.js';
import type { AnnotatedImage } from './example.js';
import {
  byId,
  isImageFile,
  type DatasetLayout,
  type DatasetListing,
  type DatasetTree,
  type ImageEntry,
  withoutExtension,
} from './layout.js';
import { problemsOf } from './problems.js';

export const annotatedLayout: DatasetLayout = {
  name: 'annotated',
  describe: 'images annotated on the page',
  arrangement: 'images with annotations/NAME, as `nucleate annotate` writes them',
  /** A log of each annotator. */
  matches: (tree) => [...logsOf(tree).values()].map(([first]) => first!.log),
  open: (tree, masks) => listAnnotated(tree, annotatorOf(masks)),
};

/** The log of an image, both by their paths in the dataset. */
interface Log {
  readonly log: string;
  readonly image: string;
}

const folder = `${annotationsName}/`;

const annotatorOf = (file: string): string => file.slice(folder.length).split('/', 1)[0]!;

/** By annotator; those of images that are gone are left out. */
function logsOf({ files }: FileTree): ReadonlyMap<string, readonly Log[]> {
  const logs = new Map<string, Log[]>();
  if (!files.includes(folder + annotationsMarker)) return logs;
  const there = new Set(files);
  for (const log of files) {
    if (!log.startsWith(folder) || !log.endsWith(logEnding)) continue;
    const annotator = annotatorOf(log);
    const image = log.slice(folder.length + annotator.length + 1, -logEnding.length);
    if (!annotatorPattern.test(annotator) || !isImageFile(image) || !there.has(image)) continue;
    logs.set(annotator, [...(logs.get(annotator) ?? []), { log, image }]);
  }
  return logs;
}

/** Names of those who have annotated images of a dataset, in their order. */
export const annotatorsOf = (tree: FileTree): string[] => [...logsOf(tree).keys()].sort();

/** The files of a dataset with the annotations of one person, or with none of them (null). */
export function annotatedBy<Tree extends FileTree>(tree: Tree, annotator: string | null): Tree {
  if (!tree.files.includes(folder + annotationsMarker)) return tree;
  const isKept = (file: string) =>
    !file.startsWith(folder) ||
    (annotator !== null && (file === folder + annotationsMarker || annotatorOf(file) === annotator));
  return {
    ...tree,
    files: tree.files.filter(isKept),
    folders: tree.folders.filter((place) => isKept(`${place}/`)),
  };
}

async function listAnnotated(tree: DatasetTree, annotator: string): Promise<DatasetListing> {
  const problems: Problem[] = [];
  const found: (Log & { readonly id: string })[] = [];
  for (const { log, image } of logsOf(tree).get(annotator)!) {
    try {
      const { state } = stateOf(await tree.read(log), tree.place(log));
      if (state.reviewed.length > 0) found.push({ log, image, id: withoutExtension(image) });
    } catch (error) {
      if (!(error instanceof NucleateError)) throw error;
      problems.push(...problemsOf(error));
    }
  }
  const counts = new Map<string, number>();
  for (const { id } of found) counts.set(id.toLowerCase(), (counts.get(id.toLowerCase()) ?? 0) + 1);
  const images = found.map(({ id, log, image }): ImageEntry => ({
    // With its ending where another image has the same name.
    id: counts.get(id.toLowerCase()) === 1 ? id : image,
    place: tree.place(image),
    read: () => readOne(tree, { id, log, image, annotator }),
  }));
  return {
    images: images.sort(byId),
    files: found.flatMap(({ log, image }) => [image, log]).sort(),
    problems,
  };
}

/** @throws {NucleateError} Exit code 3 for a damaged log. */
function stateOf(bytes: Buffer, place: string) {
  try {
    const { events } = readLog(bytes);
    const size = events[0] ?? { width: 0, height: 0 };
    return { sha256: events[0]?.image, state: replay(events, size) };
  } catch (error) {
    throw damagedLog(place, error);
  }
}

async function readOne(
  tree: DatasetTree,
  { id, log, image: file, annotator }: Log & { readonly id: string; readonly annotator: string },
): Promise<AnnotatedImage> {
  const [bytes, logged] = await Promise.all([tree.read(file), tree.read(log)]);
  const { sha256, state } = stateOf(logged, tree.place(log));
  if (createHash('sha256').update(bytes).digest('hex') !== sha256) {
    throw new NucleateError({
      what: 'The image is not the one that was annotated: its file has changed.',
      where: tree.place(file),
      hint: 'Bring back the old file.',
      exitCode: exitCodes.data,
    });
  }
  const image = await readImage(bytes, tree.place(file), tree.planes);
  const ignore = unreviewedPixels(state);
  return {
    ...{ id, image, origin: file, annotation: { annotator, tool: 'nucleate annotate' } },
    masks: masksOfLabels(acceptedLabels(state), state),
    ...(ignore && { ignore }),
  };
}
