import { basename, parse } from 'node:path';
import { z } from 'zod';
import { readBytes } from '../../data/files/read-bytes.js';
import type { Size } from '../../data/geometry/rect.js';
import { runsOfCocoCounts, unpackCocoCounts } from '../../data/geometry/coco-rle.js';
import type { Mask } from '../../data/geometry/mask.js';
import type { Problem } from '../../errors.js';
import type { PredictionFolder } from './folder.js';
import type { SourceKind } from './source-kind.js';
import { readRecordedHash, recordName } from './recorded-data.js';
import { checkSize, masksToLabelImage, sourceError, throwIfProblems, type ScoredBoxes } from './source.js';

const Annotation = z.object({
  image_id: z.union([z.int(), z.string()]),
  bbox: z.tuple([z.number(), z.number(), z.number(), z.number()]),
  score: z.number().optional(),
  segmentation: z.object({
    size: z.tuple([z.int().positive(), z.int().positive()]),
    counts: z.union([z.string(), z.array(z.int().min(0))]),
  }),
});
type Annotation = z.output<typeof Annotation>;

const CocoDocument = z.object({
  images: z.array(z.object({ id: z.union([z.int(), z.string()]), file_name: z.string().min(1) })),
  annotations: z.array(Annotation),
});

/** The annotations of one image, and the file that they are in. */
interface CocoImage {
  readonly path: string;
  readonly annotations: readonly Annotation[];
}

/**
 * COCO dataset files with masks as run lengths, as `nucleate predict --format coco` writes them: one file for all images,
 * or a folder with one for each. An image is identified by its `file_name` without folders and extension. Where all
 * annotations have a `score`, the highest-scoring mask keeps a pixel that several claim, and boxes are scored, too.
 */
export const cocoKind: SourceKind = {
  async recognise({ path, isFolder, list }) {
    if (!isFolder) return /\.json$/iu.test(path);
    const listing = await list();
    return listing.images.length === 0 && documentsOf(listing).length > 0;
  },
  async open({ path, isFolder, list }) {
    const images = await readImages(path, isFolder ? documentsOf(await list()) : [path]);
    const hasScores = [...images.values()].every(({ annotations }) =>
      annotations.every(({ score }) => score !== undefined),
    );
    return {
      path,
      kind: 'COCO masks',
      ids: [...images.keys()].sort(),
      dataHash: isFolder ? await readRecordedHash(path) : null,
      read: (id, size) =>
        Promise.resolve().then(() => {
          const image = images.get(id)!;
          const objects = masksToLabelImage(masksOf(image, size), size);
          return hasScores ? { ...objects, boxes: boxesOf(image) } : objects;
        }),
      close: () => Promise.resolve(),
    };
  },
};

const documentsOf = ({ documents }: PredictionFolder) =>
  documents.filter((file) => basename(file) !== recordName);

/**
 * The images of all files by name.
 *
 * @throws {NucleateError} Exit code 3 for a file that is no COCO dataset, or an image that is there twice.
 */
async function readImages(path: string, files: readonly string[]): Promise<ReadonlyMap<string, CocoImage>> {
  const images = new Map<string, CocoImage>();
  const problems: Problem[] = [];
  for (const file of files) {
    const document = await readCoco(file);
    const byImage = new Map<number | string, Annotation[]>();
    for (const { id } of document.images) {
      if (byImage.has(id)) problems.push({ what: `Two images have the id ${id}.`, where: file });
      byImage.set(id, []);
    }
    for (const annotation of document.annotations) {
      const known = byImage.get(annotation.image_id);
      const what = `An annotation belongs to the image ${annotation.image_id}, which is not listed.`;
      if (known) known.push(annotation);
      else problems.push({ what, where: file });
    }
    for (const { id, file_name: fileName } of document.images) {
      const { name } = parse(fileName);
      if (images.has(name)) problems.push({ what: `The image ${name} is there twice.`, where: file });
      images.set(name, { path: file, annotations: byImage.get(id)! });
    }
  }
  throwIfProblems(path, 'The COCO files have', problems, 'Fix the listed problems.');
  return images;
}

async function readCoco(path: string): Promise<z.output<typeof CocoDocument>> {
  const hint =
    'Give a COCO dataset file with `images`, and `annotations` with bbox and run-length segmentation.';
  const bytes = await readBytes(path);
  try {
    return CocoDocument.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    const what =
      cause instanceof z.ZodError
        ? `The file is not a COCO dataset with run lengths: ${problemOf(cause)}.`
        : `The file is not JSON: ${(cause as Error).message}.`;
    throw sourceError(path, what, hint, cause);
  }
}

function problemOf({ issues: [issue] }: z.ZodError): string {
  return `${issue!.path.map(String).join('.') || 'the whole file'}: ${issue!.message}`;
}

/** The highest-scoring mask first. */
function masksOf({ path, annotations }: CocoImage, size: Size): Mask[] {
  const byScore = [...annotations].sort((one, other) => (other.score ?? 0) - (one.score ?? 0));
  return byScore.map(({ segmentation }, index) => {
    const [height, width] = segmentation.size;
    checkSize(path, { width, height }, size);
    const { counts } = segmentation;
    try {
      const numbers = typeof counts === 'string' ? unpackCocoCounts(counts) : counts;
      return { name: String(index), runs: runsOfCocoCounts(numbers, size) };
    } catch (cause) {
      if (!(cause instanceof RangeError)) throw cause;
      throw sourceError(path, `A mask is damaged: ${cause.message}.`, 'Export the file again.', cause);
    }
  });
}

function boxesOf({ annotations }: CocoImage): ScoredBoxes {
  return {
    predBoxes: Float32Array.from(
      annotations.flatMap(({ bbox: [x, y, width, height] }) => [x, y, x + width, y + height]),
    ),
    scores: Float32Array.from(annotations, ({ score }) => score!),
  };
}
