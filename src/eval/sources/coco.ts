import { parse } from 'node:path';
import { z } from 'zod';
import { readBytes } from '../../data/files/read-bytes.js';
import type { Size } from '../../data/geometry/rect.js';
import { runsOfCocoCounts, unpackCocoCounts } from '../../data/geometry/coco-rle.js';
import type { Mask } from '../../data/geometry/mask.js';
import type { Problem } from '../../errors.js';
import {
  checkSize,
  masksToLabelImage,
  throwIfProblems,
  sourceError,
  type ScoredBoxes,
  type PredictionSource,
} from './source.js';

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
 * COCO dataset files with masks as run lengths, as `nucleate predict --format coco` writes them, one for each image, or
 * one for all. An image goes by its `file_name` without folders and extension. Where all annotations have a `score`,
 * the surest keeps the pixels that several claim, and boxes are scored, too.
 *
 * @param paths At least one.
 * @throws {NucleateError} Exit code 3 for a file that is not such a one, or an image that is there twice.
 */
export async function cocoPrediction(
  path: string,
  paths: readonly string[],
): Promise<Omit<PredictionSource, 'dataHash'>> {
  const images = new Map<string, CocoImage>();
  const problems: Problem[] = [];
  for (const file of paths) {
    const document = await readCoco(file);
    const byImage = new Map<number | string, Annotation[]>();
    for (const { id } of document.images) {
      if (byImage.has(id)) problems.push({ what: `Two images have the id ${id}.`, where: file });
      byImage.set(id, []);
    }
    for (const annotation of document.annotations) {
      const known = byImage.get(annotation.image_id);
      const what = `An annotation is of the image ${annotation.image_id}, which is not listed.`;
      if (known) known.push(annotation);
      else problems.push({ what, where: file });
    }
    for (const { id, file_name: fileName } of document.images) {
      const { name } = parse(fileName);
      if (images.has(name)) problems.push({ what: `The image ${name} is there twice.`, where: file });
      images.set(name, { path: file, annotations: byImage.get(id)! });
    }
  }
  throwIfProblems(path, 'The COCO files have', problems, 'Mend what is listed.');
  const hasScores = [...images.values()].every(({ annotations }) =>
    annotations.every(({ score }) => score !== undefined),
  );
  return {
    path,
    kind: 'COCO masks',
    ids: [...images.keys()].sort(),
    read: (id, size) =>
      Promise.resolve().then(() => {
        const image = images.get(id)!;
        return {
          ...masksToLabelImage(masksOf(image, size), size),
          ...(hasScores ? { boxes: boxesOf(image) } : {}),
        };
      }),
    close: () => Promise.resolve(),
  };
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
        ? `The file is no COCO dataset with run lengths: ${problemOf(cause)}.`
        : `The file is not JSON: ${(cause as Error).message}.`;
    throw sourceError(path, what, hint, cause);
  }
}

function problemOf({ issues: [issue] }: z.ZodError): string {
  return `${issue!.path.map(String).join('.') || 'the whole'}: ${issue!.message}`;
}

/** The surest first. */
function masksOf({ path, annotations }: CocoImage, size: Size): Mask[] {
  const surestFirst = [...annotations].sort((one, other) => (other.score ?? 0) - (one.score ?? 0));
  return surestFirst.map(
    (
      {
        segmentation: {
          size: [height, width],
          counts,
        },
      },
      index,
    ) => {
      checkSize(path, { width, height }, size);
      try {
        const numbers = typeof counts === 'string' ? unpackCocoCounts(counts) : counts;
        return { name: String(index), runs: runsOfCocoCounts(numbers, size) };
      } catch (cause) {
        if (!(cause instanceof RangeError)) throw cause;
        throw sourceError(path, `A mask is damaged: ${cause.message}.`, 'Export the file again.', cause);
      }
    },
  );
}

function boxesOf({ annotations }: CocoImage): ScoredBoxes {
  return {
    predBoxes: Float32Array.from(
      annotations.flatMap(({ bbox: [x, y, width, height] }) => [x, y, x + width, y + height]),
    ),
    scores: Float32Array.from(annotations, ({ score }) => score!),
  };
}
